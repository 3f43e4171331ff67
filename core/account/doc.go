// Package account is the customer: accounts with their profile, members and
// roles, applications with their keys and plans, access tokens, and the log of
// who did what.
//
// # What is promised
//
// Nothing that a person has typed, and nothing by which a person could be
// found, is handed to a store in clear: profiles, e-mail addresses, names of
// applications and tokens, and the activity log are sealed with the account's
// key, for their record. Lookups go by keyed hashes, access tokens and signed-out
// sessions by hashes.
//
// Who is no member of an account cannot tell whether it exists: both are the
// same answer, on the same path. So are another account's application and one
// that does not exist.
//
// Every verb is safe to repeat: what may have happened is found to have, or the
// caller is told that the record is not what it was.
//
// # What lies where
//
// In the directory, by kind of part (see package directory):
//
//	o account        account                  the account: state, times; its profile, sealed
//	                 tally                    how many members, owners and applications there are
//	                 payment                  payment details, sealed
//	                 member/<member>          person, role, time, access tokens; the e-mail address, sealed
//	                 invitation/<id>          e-mail, role, whether accepted; the e-mail address, sealed; expires
//	                 app/<app>                plan, state; the name, sealed
//	                 keys/<app>               what is known of the verification keys, without the keys; sealed
//	                 token/<id>               token, member, scope, expiry; the name, sealed; expires
//	                 log/<time>/<id>          an entry of the activity log, sealed; expires; time counts down
//	                 once/<hash>              what an idempotency key has made; expires after a day
//	                 export/<member>/<scope>  a download that was asked for; expires
//	p person         <account>                which member of the account the person is
//	                 once/<hash>              what an idempotency key has made: an account, its id sealed; expires after a day
//	i e-mail         <account>/<invitation>   that the address is invited; expires
//	s token          .                        which account's and whose access token has this hash; or a session or a code that is over
//	a app            .                        the application as the data plane sees it (package app)
//	v app            .                        its verification keys, sealed with the account's key (package app)
//	j all            <job>                    what is still to be done (package job)
//
// account, app, member, id: ids. person, e-mail, hash: keyed hashes, in hex;
// token: a hash, which needs no key because tokens are random.
//
// Values are JSON objects. What lookups lead to names these in clear (Led), and
// is written and removed together with them, in the same Apply.
//
// # Writing verbs
//
// Allow first, then what is typed, then retry around reading, deciding and
// Apply. Apply adds the line of the activity log, and the conditions that the
// account and the caller are still there. A verb that makes something asks once
// first, and puts what remember returns into the same Apply.
package account
