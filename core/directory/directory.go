// Package directory is how what belongs to accounts is kept: as records, each
// with a key, a version and a value, which change together or not at all.
//
// It is the port that stores of both hosts implement, and nothing else: what
// records mean is said by the packages that write them (account, app, job).
// A store knows neither: values are opaque to it, and what is personal in them
// is sealed before it comes here.
//
// Keys hold ids and hashes only. Whatever a person has typed stands in values.
package directory

import (
	"context"
	"errors"
	"time"
)

// What stores say. They are compared with errors.Is; any other error means that
// nobody knows whether the call took effect.
var (
	// ErrAbsent says that there is no such record, or that it has expired.
	ErrAbsent = errors.New("no such record")
	// ErrConflict says that a condition did not hold, and that nothing changed.
	ErrConflict = errors.New("the record is not what it was")
)

// Kind says what a part is for: one lower-case letter, so that rights can be
// given by it. Those that there are stand with the package that writes them.
type Kind byte

// Part is records that are read together: Kind and an id of 1–128 characters
// of A–Z a–z 0–9 _ -.
type Part struct {
	Kind Kind
	ID   string
}

// String returns the part as text, "o#0123…".
func (p Part) String() string { return string(rune(p.Kind)) + "#" + p.ID }

// Key is where a record lies. Name is 1–256 characters of A–Z a–z 0–9 _ - . / :
// and sorts the records of a part, byte by byte. A part that holds one record
// has it under Only.
type Key struct {
	Part
	Name string
}

// Only is the name of a record that is alone in its part.
const Only = "."

// String returns the key as text, different for each key: what seals a value
// binds it to this.
func (k Key) String() string { return k.Part.String() + "#" + k.Name }

// Version changes whenever a record does, and never comes again. "" is that of
// a record that is absent. It is at most 32 characters of a–z 0–9.
type Version string

// Record is a value and where it lies. Who got one does not change it.
type Record struct {
	Key
	Value   []byte // at most MaxValue
	Version Version
	// Expires is when the record becomes absent from every answer, to the
	// second, rounded down; zero for one that stays.
	Expires time.Time
}

// Limits of what one call can do.
const (
	MaxValue   = 256 << 10 // bytes in one value
	MaxChanges = 90        // of one Apply, each about another key
	MaxBytes   = 512 << 10 // in all values of one Apply
	MaxPage    = 1000      // records of one List
)

// Change is a part of what Apply does. Made by Put, Delete and Check.
type Change struct {
	Record
	Does Does
	// If must hold for any change of the same Apply to happen. Record.Version
	// is what If compares with.
	If Condition
}

// Does says what a change does.
type Does uint8

// The changes there are.
const (
	Puts    Does = iota // writes the record in the place of any other
	Deletes             // removes it; one that is absent is no error
	Checks              // only asks If
)

// Condition is about the record that a change is about.
type Condition uint8

// The conditions there are.
const (
	Always    Condition = iota
	IfAbsent            // there is none
	IfPresent           // there is one
	IfVersion           // it has the version Record.Version
)

// Directory keeps records. Safe for concurrent use. Reads see all writes that
// returned before. Expired records are absent from every answer but that of
// Remains, also before they are reclaimed.
//
// Callers retry nothing; a store retries what it knows not to have happened.
// An Apply that failed may have happened: with IfVersion or IfAbsent, who
// repeats it gets ErrConflict then, and reads.
type Directory interface {
	// Get returns a record, or ErrAbsent.
	Get(ctx context.Context, k Key) (Record, error)
	// List returns at most limit records (1–MaxPage) of a part whose names
	// begin with prefix and come after the name after ("" for the first), by
	// ascending name. It may return fewer, also none, and reports whether there
	// may be more: next is then the name to go on after, else "".
	List(ctx context.Context, p Part, prefix, after string, limit int) (page []Record, next string, err error)
	// Remains is List without a prefix, of expired records too, as long as they
	// have not been reclaimed: for who has to make sure that nothing is left of a
	// part. An expired record is removed by Delete without condition.
	Remains(ctx context.Context, p Part, after string, limit int) (page []Record, next string, err error)
	// Apply makes all changes, each about another key, or none. It returns the
	// version that every record it put now has, or ErrConflict.
	Apply(ctx context.Context, changes ...Change) (Version, error)
}

// Put writes a record.
func Put(k Key, value []byte, expires time.Time, c Condition) Change {
	return Change{Record: Record{Key: k, Value: value, Expires: expires}, If: c}
}

// Replace writes a record in the place of one that was read, if that has not
// changed since.
func Replace(r Record, value []byte) Change {
	r.Value = value
	return Change{Record: r, If: IfVersion}
}

// Delete removes a record.
func Delete(k Key, c Condition) Change {
	return Change{Record: Record{Key: k}, Does: Deletes, If: c}
}

// Remove removes a record that was read, if it has not changed since.
func Remove(r Record) Change {
	r.Value = nil
	return Change{Record: r, Does: Deletes, If: IfVersion}
}

// Check lets other changes happen only if the condition holds.
func Check(k Key, c Condition) Change {
	return Change{Record: Record{Key: k}, Does: Checks, If: c}
}
