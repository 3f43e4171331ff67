package doctor

import (
	"fmt"
	"time"

	"tacet/infra/canary"
	"tacet/infra/canary/paths"
)

// Report is what an examination has come to.
type Report struct {
	// Healthy says that nothing was found that must not be there, that what has
	// to be there was found, and that every path was taken as it is meant to be.
	Healthy bool `json:"healthy"`
	// Plant says that this was a test of the doctor: markers were planted.
	Plant bool      `json:"plant"`
	Host  string    `json:"host"`
	Began time.Time `json:"began"`
	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`

	Sent     []paths.Sent   `json:"sent"`
	Searched []canary.Tally `json:"searched"`
	// Found is what must not be there; with Plant also what was planted.
	Found []canary.Hit `json:"found"`
	// Declared is what was found where it may be.
	Declared []canary.Hit `json:"declared"`
	Memory   Memory       `json:"memory"`
	// Problems are why the examination may have been blind.
	Problems []string `json:"problems"`
	// Planted says of each place whether what was planted there was found.
	Planted []Planting `json:"planted,omitempty"`
	// Folder is where everything lies, if it was left.
	Folder string `json:"folder,omitempty"`
}

// Memory is what the running process had in its memory. It is told and no fault:
// a message is there while it passes.
type Memory struct {
	Bytes int64        `json:"bytes"`
	Hits  []canary.Hit `json:"hits"`
	Note  string       `json:"note,omitempty"`
}

// Planting is a marker that was planted.
type Planting struct {
	In    string `json:"in"`
	As    string `json:"as"`
	Found bool   `json:"found"`
	Where string `json:"where,omitempty"`
}

// problem notes why the examination may have been blind.
func (r *Report) problem(format string, arguments ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, arguments...))
}

// take sorts what was found.
func (r *Report) take(hits []canary.Hit) {
	for _, h := range hits {
		switch {
		case h.Declared != "":
			r.Declared = append(r.Declared, h)
		default:
			r.Found = append(r.Found, h)
		}
	}
}

// settle draws the conclusion.
func (r *Report) settle() {
	r.Seconds = time.Since(r.Began).Seconds()
	for _, s := range r.Sent {
		if s.Failed != "" {
			r.problem("a path was not what it was meant to be: %s: %s", s.Path, s.Failed)
		}
	}
	for _, p := range r.Planted {
		if !p.Found {
			r.problem("what was planted in %s was not found", p.In)
		}
	}
	r.Healthy = len(r.Found) == 0 && len(r.Problems) == 0 && len(r.Searched) > 0
}
