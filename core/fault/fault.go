// Package fault names the ways in which a request can fail.
//
// It keeps the text for strangers apart from the cause for us: what a client
// reads was written for it on purpose, and what a store or a network said
// stays inside. An error that is not a fault is Internal to the outside.
package fault

import (
	"errors"
	"time"
)

// Kind says what a caller can do about a failure. Edges (frames, HTTP) map a
// kind to a code or a status in one table each.
type Kind uint8

// The kinds. The zero value is Internal, so that a forgotten kind tells
// strangers nothing.
const (
	Internal        Kind = iota // our fault; nothing about it leaves the process
	Invalid                     // the request can never work as it is
	Unauthenticated             // no proof of identity, or one that does not hold
	Forbidden                   // proven identity, missing right
	NotFound                    // absent, or not visible to this caller: indistinguishable
	Conflict                    // somebody was faster; read again and decide
	TooLarge                    // above a limit of size
	TooMany                     // above a quota or a rate
	Unavailable                 // a dependency failed; the same request may work later
)

var kindNames = [...]string{
	"internal", "invalid", "unauthenticated", "forbidden", "not found",
	"conflict", "too large", "too many", "unavailable",
}

// String returns the kind in lower-case words, for logs.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return "unknown kind"
	}
	return kindNames[k]
}

// Error is a failure with two faces. It is immutable once made.
type Error struct {
	Kind Kind
	// Code is the number of the failure in the published catalogue
	// (wire.Catalogue). Zero means: take the general code of the kind.
	Code uint16
	// Text tells a stranger what is wrong and what to do about it. It holds
	// no payload, token, address or internal name.
	Text string
	// Cause is for us. It is never sent to anybody; nil when Text says all.
	Cause error
	// RetryAfter is how long to wait before the same request can work; zero
	// when waiting does not help or nobody knows.
	RetryAfter time.Duration
}

// Error returns both faces, for logs and tests only. Edges use Public.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Text
	}
	return e.Text + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// internal is what strangers are told of anything that is not a fault.
var internal = &Error{Kind: Internal, Text: "something went wrong on our side; nothing is known to be wrong with the request"}

// Public returns the fault in err's chain, or a fault of kind Internal that
// says nothing about err. It returns nil only for a nil err.
func Public(err error) *Error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) && f.Kind != Internal {
		return f
	}
	return internal
}

// KindOf returns the kind that strangers see for err: Internal for nil too,
// so ask only about errors.
func KindOf(err error) Kind {
	if f := Public(err); f != nil {
		return f.Kind
	}
	return Internal
}
