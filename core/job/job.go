// Package job is what takes longer than a request: deleting, and stamping
// telemetry anew. A job is a record in the directory; it is done in steps, each
// of which is safe to repeat, and its place is kept after each of them, so that
// whoever finds it goes on where the last one stopped.
package job

import (
	"encoding/json"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
)

// Kind says what is to be done.
type Kind string

// The kinds.
const (
	EraseAccount Kind = "erase-account"
	EraseApp     Kind = "erase-app"
	Restamp      Kind = "restamp" // telemetry of an application, after its plan changed
	// EndConnections is those of an application from which a right was taken.
	EndConnections Kind = "end-connections"
)

// ID identifies a job: 32 hex digits. That of a deletion is the id of the
// administrative request.
type ID string

// Job is what is to be done, and how far that has come. It holds ids and
// numbers only.
type Job struct {
	ID      ID        `json:"id"`
	Kind    Kind      `json:"kind"`
	Account string    `json:"account,omitempty"`
	Apps    []app.ID  `json:"apps,omitempty"` // those that it is about, still to be done
	Who     string    `json:"who,omitempty"`  // see ledger.Entry
	Started time.Time `json:"started"`
	// NotBefore is when to go on; zero at once.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Step and Cursor are the place: the step that is next or in the middle,
	// and where in it; "" is the beginning.
	Step   string `json:"step"`
	Cursor string `json:"cursor,omitempty"`
	// Retention is what telemetry is stamped with anew.
	Retention time.Duration `json:"retention,omitempty"`
	// Counts is what was done so far, by what.
	Counts map[string]int64 `json:"counts,omitempty"`
	// Times is when each step was done.
	Times map[string]time.Time `json:"times,omitempty"`
	// Failures is how often it has failed since something was last done.
	Failures int `json:"failures,omitempty"`

	with []directory.Change
}

// MaxWith is how many changes one part of a step can make together with the job.
const MaxWith = directory.MaxChanges - 1

// With lets changes, of other records than the job, be made in the same Apply
// that keeps what the step has noted in the job: both happen, or neither. At
// most MaxWith in one part of a step.
func (j *Job) With(changes ...directory.Change) { j.with = append(j.with, changes...) }

// Count adds to a count. A count that goes with changes of With is exact; one of
// something else may have happened without it.
func (j *Job) Count(what string, n int64) {
	if n == 0 {
		return
	}
	if j.Counts == nil {
		j.Counts = map[string]int64{}
	}
	j.Counts[what] += n
}

// Make returns the change that leaves a job to be done, from its first step on.
// It is to be made together with what the job is the rest of. There must not be
// one of the same id.
func (j Job) Make() directory.Change {
	value, _ := json.Marshal(j) // ids, numbers and times of this century
	return directory.Put(j.ID.key(), value, time.Time{}, directory.IfAbsent)
}

func (id ID) key() directory.Key { return directory.Key{Part: Part, Name: string(id)} }

// Part is where all jobs lie, each under its id.
var Part = directory.Part{Kind: 'j', ID: "all"}
