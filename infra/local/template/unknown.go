package template

import "fmt"

// Unknown is a value that only a deployed stack knows.
type Unknown struct {
	Line int
	Why  string // and what to do
}

// String says why.
func (u Unknown) String() string { return fmt.Sprintf("line %d: %s", u.Line, u.Why) }
