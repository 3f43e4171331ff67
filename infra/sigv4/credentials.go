package sigv4

import (
	"fmt"
	"log/slog"
)

// Credentials sign requests. On Lambda they are in the environment and valid as
// long as the process. Printed, they show the id alone.
type Credentials struct {
	ID      string
	Secret  string `json:"-"`
	Session string `json:"-"`
}

// String returns the id.
func (c Credentials) String() string { return "credentials " + c.ID }

// Format prints String for every verb.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue returns String.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }
