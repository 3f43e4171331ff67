// Package rights is what every person may ask for: everything that is held about
// him, as a file, and the deletion of an account, which can be proven.
//
// # Deletion
//
// It begins when the owner repeats a phrase, and cannot be taken back. The key
// that everything personal is sealed with is destroyed first, so that nobody can
// read it any more, in old copies either; then a job sweeps every store: the
// applications are closed and their connections ended, telemetry and records are
// removed, and after a while, when whatever was on its way has arrived, all of
// that once more. At the end there is a certificate, signed by the deployment,
// of what was removed from where and when, which anybody can verify without
// asking us. What is left is two lines in the ledger.
//
// The request has a number that nobody can guess and that is the same however
// often it is made: whoever asks again, because he heard no answer, goes on with
// the same deletion, and the ledger has one line for it.
//
// Counts in a certificate are of removals that were confirmed. What was removed
// by a call whose answer was lost is gone and not counted, where the store is
// not the directory.
//
// # Download
//
// It is a ZIP of JSON, made while it is sent: nothing of it is kept, and it
// takes the same memory whatever its size. The last file in it, manifest.json,
// has the size and the SHA-256 of each of the others: a ZIP without it is not
// whole. One that would take too long is cut into volumes, each a ZIP of its own
// whose manifest says what it follows and what follows it.
package rights
