package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"tacet/core/canonical"
)

// MaxCertificate is how long a certificate can be, in bytes.
const MaxCertificate = 64 << 10

// Follow returns e as the entry that comes after last, which is zero for the
// first one of all. Ledgers call it, in the same transaction as they write what
// it returns. Last is needed as long as the ledger lives: its number and hash
// must outlive the entry, so that no number comes twice.
//
// Times are kept to the millisecond and never go back, so that those that end
// are always the first ones.
func Follow(last, e Entry) (Entry, error) {
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	e.At = e.At.UTC().Truncate(time.Millisecond)
	if e.At.Before(last.At) {
		e.At = last.At
	}
	e.Seq, e.Before = last.Seq+1, last.Hash
	var err error
	if e.Hash, err = e.hash(); err != nil {
		return Entry{}, err
	}
	return e, nil
}

// Ends is when an entry can no longer be read.
func (e Entry) Ends() time.Time { return e.At.Add(Keep) }

// Readable reports whether e can be read at now.
func (e Entry) Readable(now time.Time) bool { return now.Before(e.Ends()) }

// hash is the SHA-256, in hex, of the entry in canonical JSON, without its Hash.
func (e Entry) hash() (string, error) {
	text, err := canonical.JSON(struct {
		Entry
		Hash string `json:"hash,omitempty"` // hides that of Entry
	}{Entry: e})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// check refuses what is not made of ids, hashes and the words there are: nothing
// else has a place in a record that nobody can correct.
func (e Entry) check() error {
	switch {
	case !isHex(string(e.Request), 32):
		return broken(e, "the request's id is not 32 hex digits")
	case !isHex(e.Who, 64):
		return broken(e, "who asked is not a hash of 64 hex digits")
	case e.Kind != Download && e.Kind != Deletion:
		return broken(e, "there is no such kind of request")
	case e.Stage != Requested && e.Stage != Completed && e.Stage != Failed:
		return broken(e, "there is no such stage")
	case e.Certificate == nil:
		return nil
	case e.Kind != Deletion || e.Stage != Completed:
		return broken(e, "only a completed deletion has a certificate")
	case len(e.Certificate) > MaxCertificate || !json.Valid(e.Certificate):
		return broken(e, "the certificate is not JSON, or too long")
	}
	return nil
}

func isHex(s string, digits int) bool {
	if len(s) != digits {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Broken is what is wrong with an entry, or with its place in the chain.
type Broken struct {
	Seq  int64 // of the entry
	What string
}

// Error says which entry it is, and what is wrong with it.
func (b *Broken) Error() string { return fmt.Sprintf("entry %d of the ledger: %s", b.Seq, b.What) }

func broken(e Entry, what string) error { return &Broken{e.Seq, what} }

// Chain is what was seen of a ledger so far, for who reads it in pages. The zero
// value has seen nothing.
type Chain struct{ last Entry }

// Add checks the entry that comes next, and returns a *Broken if it was changed,
// or if there was another one before it. The first one may have any number,
// because old entries end.
func (c *Chain) Add(e Entry) error {
	if err := e.check(); err != nil {
		return err
	}
	hash, err := e.hash()
	switch {
	case err != nil:
		return err
	case e.Hash != hash:
		return broken(e, "it was changed: its hash is that of something else")
	case e.Seq < 1 || (e.Seq == 1) != (e.Before == ""):
		return broken(e, "the first entry, and no other, has none before it")
	case c.last.Seq == 0:
	case e.Seq != c.last.Seq+1:
		return broken(e, fmt.Sprintf("it comes after entry %d: entries were removed, added or put in another order", c.last.Seq))
	case e.Before != c.last.Hash:
		return broken(e, "the entry before it was changed after this one was written")
	case e.At.Before(c.last.At):
		return broken(e, "it is older than the entry before it")
	}
	c.last = e
	return nil
}

// Last returns the number and the hash of the last entry that was added. Who
// notes them down can tell later that the end of the ledger is not missing.
func (c *Chain) Last() (seq int64, hash string) { return c.last.Seq, c.last.Hash }

// Verify returns nil if the entries, by ascending number, are a chain of which
// none was changed, removed, added or moved; else a *Broken for the first that
// does not fit. What was cut off at either end it cannot tell.
func Verify(entries []Entry) error {
	var c Chain
	for _, e := range entries {
		if err := c.Add(e); err != nil {
			return err
		}
	}
	return nil
}
