// Package retention watches that what was promised to end has ended.
//
// It promises nothing itself: stores stamp, filter and reclaim. It says in
// which words they answer the question how old the oldest record is that
// somebody could still read, so that hosts can show it and raise an alarm.
package retention

import (
	"context"
	"time"
)

// Class is a sort of records that end with time.
type Class string

// The classes.
const (
	Events   Class = "event"    // of telemetry
	Rollups  Class = "rollup"   // what they came to
	Activity Class = "activity" // the log of an account
	Requests Class = "request"  // administrative requests, in the ledger
)

// Age is how old the records of one class are.
type Age struct {
	Class Class
	// Oldest is when the oldest record happened that can still be read; zero
	// when there is none.
	Oldest time.Time
	// Excess is by how much the record that is worst off is older than it may
	// be. It is never negative; more than an hour is a promise broken.
	Excess time.Duration
}

// Ages is where ages are read. A class that a store has nothing of is left out.
// Safe for concurrent use.
type Ages interface {
	Ages(ctx context.Context, now time.Time) ([]Age, error)
}

// Worst returns one age for each class that occurs: the oldest, and the largest
// excess.
func Worst(all []Age) []Age {
	var worst []Age
	for _, a := range all {
		i := 0
		for i < len(worst) && worst[i].Class != a.Class {
			i++
		}
		if i == len(worst) {
			worst = append(worst, a)
			continue
		}
		w := &worst[i]
		if !a.Oldest.IsZero() && (w.Oldest.IsZero() || a.Oldest.Before(w.Oldest)) {
			w.Oldest = a.Oldest
		}
		w.Excess = max(w.Excess, a.Excess)
	}
	return worst
}
