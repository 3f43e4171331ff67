// Package ledger is the record of administrative requests: that somebody has
// asked for his data or for the deletion of an account, and what came of it,
// kept for one year, without personal data.
//
// It is append only. Entries are numbered and each holds a hash of the one
// before, so that whoever changes or removes one, by whatever means, cannot
// hide it.
package ledger

import (
	"context"
	"encoding/json"
	"time"
)

// RequestID identifies a request: 32 hex digits that nobody can guess, random or
// a keyed hash. Who knows it may read what came of it.
type RequestID string

// Kind says what was asked for.
type Kind string

// What can be asked for.
const (
	Download Kind = "download"
	Deletion Kind = "deletion"
)

// Stage says how far a request has come.
type Stage string

// The stages, in their order.
const (
	Requested Stage = "requested"
	Completed Stage = "completed"
	Failed    Stage = "failed"
)

// Keep is for how long an entry is readable.
const Keep = 365 * 24 * time.Hour

// Entry is one line of the ledger. Its fields are all that it can hold.
type Entry struct {
	Seq     int64     `json:"seq"` // 1, 2, 3, …; set by the ledger
	At      time.Time `json:"at"`
	Request RequestID `json:"request"`
	// Who is a keyed hash of the account's id (64 hex digits): the requests of
	// one account have the same, and nobody can tell which it was.
	Who   string `json:"who"`
	Kind  Kind   `json:"kind"`
	Stage Stage  `json:"stage"`
	// Certificate is the signed certificate of a completed deletion, as it was
	// handed out; nil for others.
	Certificate json.RawMessage `json:"certificate,omitempty"`
	// Before is the hash of the entry before (64 hex digits), "" for the first.
	Before string `json:"before"`
	Hash   string `json:"hash"` // of everything else in the entry
}

// Ledger keeps entries. Safe for concurrent use.
type Ledger interface {
	// Append adds an entry: Seq, Before and Hash are set by the ledger, as
	// Follow says. One with the same request and stage is there already: then
	// nothing is added, and it is no error; so who does not know whether it has
	// happened repeats it.
	Append(ctx context.Context, e Entry) error
	// Entries returns at most limit entries (1–1000) after a number, by
	// ascending number; those that have ended are left out.
	Entries(ctx context.Context, after int64, limit int) ([]Entry, error)
	// Of returns the entries of a request, by ascending number; none is no
	// error.
	Of(ctx context.Context, r RequestID) ([]Entry, error)
}
