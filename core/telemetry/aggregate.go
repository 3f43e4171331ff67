package telemetry

import (
	"context"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
)

// Day is a sum over one UTC day of one application. Sums of two nodes, or of
// two parts of a day, add up.
type Day struct {
	Date           string `json:"date"`           // YYYY-MM-DD, UTC
	Messages       int64  `json:"messages"`       // published
	Deliveries     int64  `json:"deliveries"`     // subscribers of each message, added up
	Bytes          int64  `json:"bytes"`          // of the payloads published
	DeliveredBytes int64  `json:"deliveredBytes"` // of the payloads, once for each subscriber
	Connections    int64  `json:"connections"`    // opened
	Disconnections int64  `json:"disconnections"` // closed, as far as noticed
}

// Add counts one event.
func (d *Day) Add(e Event) {
	switch e.Topic {
	case TopicConnect:
		d.Connections++
	case TopicDisconnect:
		d.Disconnections++
	default:
		d.Messages++
		d.Deliveries += int64(e.Subscribers)
		d.Bytes += int64(e.Size)
		d.DeliveredBytes += int64(e.Size) * int64(e.Subscribers)
	}
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

// Aggregate returns the sums of the last days days, today included. It is a
// fault of kind Invalid to ask for fewer than 1 or more than MaxDays.
func Aggregate(ctx context.Context, events Events, of app.ID, days int, now time.Time) (Aggregates, error) {
	if days < 1 || days > MaxDays {
		return Aggregates{}, &fault.Error{Kind: fault.Invalid, Text: "the number of days must lie between 1 and 366"}
	}
	today := now.UTC().Truncate(24 * time.Hour)
	from, to := today.AddDate(0, 0, 1-days), today.AddDate(0, 0, 1)
	sums := make([]Day, days)
	for i := range sums {
		sums[i].Date = from.AddDate(0, 0, i).Format(time.DateOnly)
	}
	err := events.Each(ctx, of, from, to, now, func(e Event) error {
		if i := int(e.At.Sub(from) / (24 * time.Hour)); 0 <= i && i < days {
			sums[i].Add(e)
		}
		return nil
	})
	if err != nil {
		return Aggregates{}, err
	}
	return Aggregates{App: of, From: sums[0].Date, To: sums[days-1].Date, Days: sums}, nil
}
