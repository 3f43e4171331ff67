// Package jwks fetches and keeps key sets (RFC 7517 §5).
//
// It promises that the address of a key set, which the owner of an application
// chose, reaches nothing inside: only https, only public addresses, checked
// when the connection is made and not when the name was read, through every
// redirect; no more than a few seconds, redirects and kilobytes. It promises
// that a set is fetched by one caller at a time, that a failing server is left
// alone for a while and its last keys are used meanwhile, and that tokens with
// unknown key ids cannot make us fetch more often than that.
//
// A key that its owner withdraws is trusted until the set is fetched again:
// MaxAge, or MaxStale while the server fails.
package jwks
