// Package oidc signs people in with an issuer of OpenID Connect, whichever it
// is. A browser is sent to it and comes back with a code, which is exchanged for
// an ID token (OpenID Connect Core 3.1, with the discovery of OpenID Connect
// Discovery and with PKCE, RFC 7636, by S256).
//
// # What is promised
//
// Provider.Identity returns nobody unless the ID token is signed by the issuer
// with a key of a public algorithm, is for this client, has not expired, and
// answers this attempt. An e-mail address is told only if the issuer says that
// it has verified it: who is invited is looked for by it.
//
// The issuer is asked for what it is when it is first needed, and again every
// hour. One that does not answer keeps nobody from starting; it is a fault of
// kind Unavailable for whoever signs in meanwhile, and the next one asks again.
//
// All that is asked of it is bounded in time and size, goes by TLS unless the
// issuer is on this machine, and follows no redirect. Nothing that it answers
// is in an error: it could be an e-mail address, or a token.
//
// It is not promised that the person has just typed a password: that is the
// issuer's affair.
package oidc
