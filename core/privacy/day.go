package privacy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Day is a day in UTC, counted from 1970-01-01.
type Day int32

// DayOf returns the day on which t lies in UTC.
func DayOf(t time.Time) Day {
	const seconds = 24 * 60 * 60
	s := t.Unix()
	d := s / seconds
	if s%seconds < 0 { // before 1970 division rounds the wrong way
		d--
	}
	return Day(d)
}

// Start returns the first instant of the day.
func (d Day) Start() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// String returns the day as in 2026-01-31.
func (d Day) String() string { return d.Start().Format(time.DateOnly) }

// SecretSize is the length of a day's secret in bytes.
const SecretSize = 32

// Secret is the secret of one node and day, out of which the keys are made
// that addresses are encrypted with. Whoever has it can undo the encryption of
// that day, up to the network that was kept; when it is gone nobody can. The
// zero value is no secret. Printed, it is a redaction; as for Addr, the bytes
// live in a closure.
type Secret struct{ reveal func() [SecretSize]byte }

// NewSecret returns a secret made of 32 random bytes. The array is copied; the
// caller should clear its own.
func NewSecret(random [SecretSize]byte) Secret {
	return Secret{func() [SecretSize]byte { return random }}
}

// String returns a redaction.
func (s Secret) String() string { return "(secret)" }

// Format prints a redaction for every verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue returns a redaction.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// ErrNoSecret is returned by DaySecrets for a day whose secret is destroyed.
var ErrNoSecret = errors.New("no secret for this day")

// DaySecrets makes, keeps and destroys the secrets of one node.
//
// Secret returns the day's secret, made of 32 bytes from a cryptographic
// source on the first call for that day; every later or concurrent call for
// the day on this node returns the same. A day that is over, but for a grace of
// an hour at most (work begun before midnight ends after it), is answered with
// ErrNoSecret in the chain and never with a new secret; so is a day that has
// not begun, but for the same grace. At the end of the grace the secret is
// destroyed: overwritten or deleted wherever it rests, and not in any backup. In
// memory that is done as well as it can be: nobody holds it any more, and what
// the garbage collector leaves of it, until the memory is used again, nobody can
// overwrite.
// Callers do not keep what is returned, and do not retry. Safe for concurrent
// use.
type DaySecrets interface {
	Secret(ctx context.Context, day Day) (Secret, error)
}
