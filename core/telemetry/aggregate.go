package telemetry

import (
	"context"
	"time"

	"tacet/core/app"
)

// Day is what one UTC day of one application came to.
type Day struct {
	Date string `json:"date"` // YYYY-MM-DD, UTC
	Summary
}

// Aggregates is the answer of the report of the same name.
type Aggregates struct {
	App  app.ID `json:"appId"`
	From string `json:"from"` // the first day, YYYY-MM-DD, UTC
	To   string `json:"to"`   // the last day, which is today
	Days []Day  `json:"days"` // each day from From to To, also the empty ones
}

// MaxDays is how many days one report may reach back.
const MaxDays = 366

// Events is where events are read.
//
// Each calls f for every event of the application with from ≤ At < to that is
// readable at now, in no particular order, and stops with f's first error. An
// event that was acknowledged before the call is seen.
type Events interface {
	Each(ctx context.Context, of app.ID, from, to, now time.Time, f func(Event) error) error
}

// Figures is where sums are read.
//
// Sum calls add with digests which together count every event of the
// application with from ≤ At < to that is readable at now, each once, in no
// particular order and never twice at a time. The events of one digest are of
// one minute, hour or day in UTC, whichever most is, in which at lies. add does
// not keep or change it. It stops with add's first error. An event that was
// acknowledged before the call is counted; but one that was written more than
// Settle after it happened may be missing for as long as rollups are behind.
type Figures interface {
	Sum(ctx context.Context, of app.ID, from, to time.Time, most Span, now time.Time, add func(at time.Time, d *Digest) error) error
}

// SumEvents is Figures.Sum for a store that keeps no sums: each event is one.
func SumEvents(ctx context.Context, events Events, of app.ID, from, to, now time.Time, add func(at time.Time, d *Digest) error) error {
	return events.Each(ctx, of, from, to, now, func(e Event) error {
		var d Digest
		d.Count(e)
		return add(e.At, &d)
	})
}

func checkDays(days int) error {
	if days < 1 || days > MaxDays {
		return mistake("the number of days must lie between 1 and 366")
	}
	return nil
}

// Aggregate returns the sums of the last days days, today included, as far back
// as retention reaches: that of the plan as it is now, however long the events
// were meant to be readable when they were recorded. It is a fault of kind
// Invalid to ask for fewer than 1 or more than MaxDays.
func Aggregate(ctx context.Context, figures Figures, of app.ID, days int, retention time.Duration, now time.Time) (Aggregates, error) {
	if err := checkDays(days); err != nil {
		return Aggregates{}, err
	}
	today := Daily.Start(now)
	from, to := today.AddDate(0, 0, 1-days), today.AddDate(0, 0, 1)
	sums := make([]Digest, days)
	since := from
	if kept := now.Add(-retention); kept.After(since) {
		since = kept
	}
	err := figures.Sum(ctx, of, since, to, Daily, now, func(at time.Time, d *Digest) error {
		if i := int(at.Sub(from) / (24 * time.Hour)); !at.Before(from) && i < days {
			sums[i].summarise(d)
		}
		return nil
	})
	if err != nil {
		return Aggregates{}, err
	}
	all := make([]Day, days)
	for i := range all {
		all[i] = Day{from.AddDate(0, 0, i).Format(time.DateOnly), sums[i].Summary()}
	}
	return Aggregates{App: of, From: all[0].Date, To: all[days-1].Date, Days: all}, nil
}
