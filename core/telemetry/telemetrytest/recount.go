package telemetrytest

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/telemetry"
)

// Recount is what events came to, one by one and exactly, for as long as there
// is memory: what digests are held against. The zero value is that of none.
type Recount struct {
	minutes   map[time.Time]*telemetry.Digest // sums and open alone
	open      telemetry.Open
	clients   map[privacy.Anonymised]bool
	topics    map[privacy.RecordedTopic]*crowded
	countries map[privacy.Country]*crowded
	codes     map[int]int64
	took      []int64
}

// crowded is what a group of the events came to.
type crowded struct {
	telemetry.Topic
	people map[privacy.Anonymised]bool // no more than a crowd tells apart
}

func (c *crowded) meet(a privacy.Anonymised) {
	if len(c.people) < telemetry.MaxCrowd && a.Known() {
		c.people[a] = true
	}
}

func group[K comparable](all map[K]*crowded, k K) *crowded {
	if all[k] == nil {
		all[k] = &crowded{people: map[privacy.Anonymised]bool{}}
	}
	return all[k]
}

// Count adds an event.
func (r *Recount) Count(e telemetry.Event) {
	if r.minutes == nil {
		r.minutes, r.clients, r.codes = map[time.Time]*telemetry.Digest{}, map[privacy.Anonymised]bool{}, map[int]int64{}
		r.topics, r.countries = map[privacy.RecordedTopic]*crowded{}, map[privacy.Country]*crowded{}
	}
	minute := r.minutes[telemetry.Minutely.Start(e.At)]
	if minute == nil {
		minute = new(telemetry.Digest)
		r.minutes[telemetry.Minutely.Start(e.At)] = minute
	}
	minute.Sums.Count(e)
	for _, a := range []privacy.Anonymised{e.ClientIP, e.PublisherIP} {
		if a.Known() {
			r.clients[a] = true
		}
	}
	n := int64(e.Subscribers)
	switch e.Topic {
	case telemetry.TopicConnect:
		r.opened(&minute.Open, n, n, e.At)
		g := group(r.countries, e.Country)
		g.Messages++
		g.meet(e.ClientIP)
	case telemetry.TopicDisconnect:
		r.opened(&minute.Open, n, n-1, e.At)
	case telemetry.TopicError:
		r.codes[e.Code]++
	default:
		g := group(r.topics, e.Topic)
		g.Messages++
		g.Deliveries += n
		g.Bytes += int64(e.Size)
		g.Reach = max(g.Reach, n)
		g.meet(e.PublisherIP)
		if e.TookMicros != 0 {
			r.took = append(r.took, e.TookMicros)
		}
	}
}

// opened takes in that so many were open, in a minute and at all.
func (r *Recount) opened(minute *telemetry.Open, with, after int64, at time.Time) {
	for _, o := range []*telemetry.Open{minute, &r.open} {
		if with > o.Peak {
			o.Peak = with
		}
		if with > 0 && (at.After(o.At) || at.Equal(o.At) && after > o.Last) {
			o.Last, o.At = after, at
		}
	}
}

// Read reads what an application's events from one time to another came to, as
// reports do, by the span in which they lie.
func Read(ctx context.Context, from telemetry.Figures, of app.ID, begin, end time.Time, s telemetry.Span, now time.Time) (map[time.Time]*telemetry.Digest, error) {
	sums := map[time.Time]*telemetry.Digest{}
	err := from.Sum(ctx, of, begin, end, s, now, func(at time.Time, d *telemetry.Digest) error {
		start := s.Start(at)
		if sums[start] == nil {
			sums[start] = new(telemetry.Digest)
		}
		sums[start].Merge(d)
		return nil
	})
	return sums, err
}

// Wrong returns what is wrong with what was read of all that was counted: each
// span has exact sums, and as many open as there were; and all together are what
// all came to, within the errors that are stated.
func (r *Recount) Wrong(read map[time.Time]*telemetry.Digest, s telemetry.Span) error {
	want := map[time.Time]*telemetry.Digest{}
	for at, d := range r.minutes {
		if want[s.Start(at)] == nil {
			want[s.Start(at)] = new(telemetry.Digest)
		}
		want[s.Start(at)].Merge(d)
	}
	var all telemetry.Digest
	for at, d := range read {
		if want[at] == nil || d.Sums != want[at].Sums || d.Open != want[at].Open {
			return fmt.Errorf("in %v from %v on there are %+v, open %+v; want %+v", time.Duration(s), at, d.Sums, d.Open, want[at])
		}
		all.Merge(d)
	}
	if len(read) != len(want) {
		return fmt.Errorf("of %d times of %v, %d are there", len(want), time.Duration(s), len(read))
	}
	return r.WrongDigest(&all)
}

// WrongDigest returns what is wrong with a digest of all that was counted, but
// for its sums.
func (r *Recount) WrongDigest(d *telemetry.Digest) error {
	for _, wrong := range []func(*telemetry.Digest) error{r.wrongOpen, r.wrongClients, r.wrongCountries, r.wrongDelivery} {
		if err := wrong(d); err != nil {
			return err
		}
	}
	if !maps.Equal(d.Codes, r.codes) {
		return fmt.Errorf("refusals are %v, want %v", d.Codes, r.codes)
	}
	return r.WrongTopics(&d.Topics)
}

func (r *Recount) wrongOpen(d *telemetry.Digest) error {
	if d.Open != r.open {
		return fmt.Errorf("open are %+v, want %+v", d.Open, r.open)
	}
	return nil
}

func (r *Recount) wrongClients(d *telemetry.Digest) error {
	got, want := d.Clients.Estimate(), len(r.clients)
	if off := math.Abs(float64(got) - float64(want)); want <= 300 && off > 0 || off > 3*telemetry.DistinctError*float64(want) {
		return fmt.Errorf("%d clients are estimated as %d", want, got)
	}
	return nil
}

func (r *Recount) wrongCountries(d *telemetry.Digest) error {
	if len(d.Countries) != len(r.countries) {
		return fmt.Errorf("of %d countries, there are %d", len(r.countries), len(d.Countries))
	}
	for c, want := range r.countries {
		if got := d.Countries[c]; got.Events != want.Messages || len(got.Crowd) != len(want.people) {
			return fmt.Errorf("from %q there are %+v, want %d by %d people", c, got, want.Messages, len(want.people))
		}
	}
	return nil
}

// wrongDelivery looks at quantiles, none of which is measured less often than it
// is, or more than an eighth longer.
func (r *Recount) wrongDelivery(d *telemetry.Digest) error {
	slices.Sort(r.took)
	if d.Delivery.Total() != int64(len(r.took)) {
		return fmt.Errorf("of %d messages that have a time, there are %d", len(r.took), d.Delivery.Total())
	}
	for _, percent := range []int{1, 50, 90, 99, 100} {
		if len(r.took) == 0 {
			break
		}
		want := r.took[max((len(r.took)*percent+99)/100, 1)-1]
		if got := d.Delivery.Quantile(float64(percent) / 100); got < want || got > want+want/8 {
			return fmt.Errorf("%d%% of messages took %d µs, want %d", percent, got, want)
		}
	}
	return nil
}
