package apigw

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// redacted is what a Private value shows to anyone who does not ask for Raw.
const redacted = "[private]"

// Private is text about a person that must not be printed: a source address
// or a User-Agent. The zero value means that the client gave none. Values
// compare with ==.
//
// The text lies behind a pointer, because fmt calls no methods of what it finds
// in unexported fields: it would print a string there, and prints a pointer as
// a number. The pointer is unique.Handle's, so that equal texts, such as the
// User-Agents of a crowd, are kept once.
type Private struct{ text unique.Handle[string] }

// NewPrivate wraps raw.
func NewPrivate(raw string) Private {
	if raw == "" {
		return Private{}
	}
	return Private{unique.Make(raw)}
}

// Raw returns the text itself. Each call is a place to look at in a review.
func (p Private) Raw() string {
	if p.IsZero() {
		return ""
	}
	return p.text.Value()
}

// IsZero reports whether there is no text.
func (p Private) IsZero() bool { return p == Private{} }

// String returns a placeholder.
func (p Private) String() string { return redacted }

// Format writes a placeholder for every verb. Without it %#v and %x would go
// past String.
func (p Private) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue returns a placeholder.
func (p Private) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns a placeholder: a structured logger encodes what it does
// not know as JSON.
func (p Private) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// UnmarshalJSON takes a string or null.
func (p *Private) UnmarshalJSON(b []byte) error {
	var raw string
	err := json.Unmarshal(b, &raw)
	*p = NewPrivate(raw)
	return err
}
