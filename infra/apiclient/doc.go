// Package apiclient calls the API of accounts (/v1) of a platform, local or
// deployed, for programs that people run.
//
// It promises that a token goes to the address that it was given for and to no
// other, whatever an answer says; that an answer is read up to a bound; that
// what cannot be known to have failed is repeated only where repeating does no
// harm, with the same idempotency key; and that a download is whole when it is
// said to be: every file has the hash that its manifest says.
//
// It keeps nothing on disk, and decides nothing that a server should: whoever
// calls it shows people what the server said.
package apiclient
