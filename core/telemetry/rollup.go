package telemetry

import (
	"context"
	"time"

	"tacet/core/app"
)

// Span is how long a rollup's time is.
type Span time.Duration

// The spans that there are rollups of.
const (
	Minutely = Span(time.Minute)
	Hourly   = Span(time.Hour)
	Daily    = Span(24 * time.Hour)
)

// Start returns when the span begins, in UTC, in which t lies.
func (s Span) Start(t time.Time) time.Time { return t.UTC().Truncate(time.Duration(s)) }

// next returns the first beginning of a span that is not before t.
func (s Span) next(t time.Time) time.Time {
	start := s.Start(t)
	if start.Before(t) {
		return start.Add(time.Duration(s))
	}
	return start
}

// finer is the span whose rollups a rollup of s adds up; zero stands for single
// events.
func (s Span) finer() Span {
	switch s {
	case Daily:
		return Hourly
	case Hourly:
		return Minutely
	}
	return 0
}

// Part is one of the parts over which a store spreads an application's events.
// An event stays in its part.
type Part struct {
	App    app.ID
	Number int
}

// Rollup is what the events of one part came to in a minute, an hour or a day.
// It has no more to say of them than its Digest, and until when they may be read.
type Rollup struct {
	Span  Span
	Start time.Time
	Digest
	Whole   time.Time // until then each of the events is readable
	Expires time.Time // from then on none of them is
}

func (r Rollup) end() time.Time { return r.Start.Add(time.Duration(r.Span)) }

func (r *Rollup) count(e Record) {
	r.until(e.Expires, e.Expires)
	r.Digest.Count(e.Event)
}

func (r *Rollup) merge(o *Rollup) {
	r.until(o.Whole, o.Expires)
	r.Merge(&o.Digest)
}

func (r *Rollup) until(whole, expires time.Time) {
	if r.Events() == 0 || whole.Before(r.Whole) {
		r.Whole = whole
	}
	if expires.After(r.Expires) {
		r.Expires = expires
	}
}

// Rollups is where events and their rollups lie. All reads are consistent: what
// was written before a call is seen by it. What is not readable at now is left
// out. Safe for concurrent use.
type Rollups interface {
	// Records calls f for the records of a part with from ≤ At < to, in order
	// of At, and stops with f's first error.
	Records(ctx context.Context, p Part, from, to, now time.Time, f func(Record) error) error
	// Closed returns when the last minute ends that has a rollup, be it
	// readable or not; the zero time when there is none.
	Closed(ctx context.Context, p Part) (time.Time, error)
	// Kept returns the rollups of one span that begin in [from, to), in order.
	Kept(ctx context.Context, p Part, s Span, from, to, now time.Time) ([]Rollup, error)
	// Keep keeps r in the place of one of the same span and time, unless that
	// one is readable, and ends later, or ends at the same time and counts as
	// many events or more. Doing it again changes nothing.
	Keep(ctx context.Context, p Part, r Rollup, now time.Time) error
}
