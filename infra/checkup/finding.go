package checkup

import "fmt"

// State is how something is.
type State string

// The states.
const (
	Good State = "good"
	Note State = "note" // it works, and could be better
	Bad  State = "bad"  // it does not work, or is not safe
)

// Finding is what was found about one thing.
type Finding struct {
	What  string `json:"what"`
	State State  `json:"state"`
	// Is says how it is, Do what to do about that; "" if it is good.
	Is string `json:"is"`
	Do string `json:"do,omitempty"`
}

func good(what, format string, arguments ...any) Finding {
	return Finding{What: what, State: Good, Is: fmt.Sprintf(format, arguments...)}
}

func note(what, is, do string) Finding { return Finding{what, Note, is, do} }

func bad(what, is, do string) Finding { return Finding{what, Bad, is, do} }

// Healthy reports whether nothing is bad.
func Healthy(all []Finding) bool {
	for _, f := range all {
		if f.State == Bad {
			return false
		}
	}
	return true
}
