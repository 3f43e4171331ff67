package telemetry

import (
	"time"

	"tacet/core/privacy"
)

// Digest is what events came to: sums, and what cannot be added up. Digests of
// different events merge, in any order and grouping, to what all of them came
// to. The zero value is that of no events. It is not safe for concurrent use.
type Digest struct {
	Sums
	Open      Open
	Clients   Distinct // anonymised addresses that connected or published
	Topics    Top
	Countries map[privacy.Country]Group // connections opened; "" where no edge told
	Codes     map[int]int64             // refusals, by their number in wire.Catalogue
	Delivery  Histogram                 // of messages: microseconds from receipt to the last post, where they were measured
}

// Open is how many connections an application has had open at once.
type Open struct {
	Peak int64 // at most, at a time when one came or went; 0 when nobody counted
	Last int64 // after the last time when one came or went
	At   time.Time
}

// Group is a part of the events, and who they are about.
type Group struct {
	Events int64
	Crowd  Crowd
}

// Count adds one event.
func (d *Digest) Count(e Event) {
	d.Sums.Count(e)
	client, connected := hashOf(e.ClientIP)
	if connected {
		d.Clients.add(client)
	}
	publisher, published := hashOf(e.PublisherIP)
	if published {
		d.Clients.add(publisher)
	}
	switch e.Topic {
	case TopicConnect:
		d.Open.note(int64(e.Subscribers), int64(e.Subscribers), e.At)
		d.country(e.Country, Group{1, Crowd(nil).with(client, connected)})
	case TopicDisconnect:
		d.Open.note(int64(e.Subscribers), int64(e.Subscribers)-1, e.At)
	case TopicError:
		d.code(e.Code, 1)
	default:
		d.Topics.count(e, publisher, published)
		if e.TookMicros != 0 {
			d.Delivery.Add(e.TookMicros)
		}
	}
}

// Merge adds what other events came to. o stays as it is.
func (d *Digest) Merge(o *Digest) {
	d.Add(o.Sums)
	d.Clients.Merge(&o.Clients)
	d.Topics.Merge(&o.Topics)
	d.Delivery.Merge(&o.Delivery)
	if !o.Open.At.IsZero() {
		d.Open.note(o.Open.Peak, o.Open.Last, o.Open.At)
	}
	for c, g := range o.Countries {
		d.country(c, g)
	}
	for c, n := range o.Codes {
		d.code(c, n)
	}
}

func (d *Digest) country(c privacy.Country, g Group) {
	if d.Countries == nil {
		d.Countries = map[privacy.Country]Group{}
	}
	all := d.Countries[c]
	all.Events += g.Events
	all.Crowd = all.Crowd.With(g.Crowd)
	d.Countries[c] = all
}

func (d *Digest) code(c int, n int64) {
	if d.Codes == nil {
		d.Codes = map[int]int64{}
	}
	d.Codes[c] += n
}

// note takes in that so many were open at most, and so many at last. Nobody
// counted when there was none with the one that came or went.
func (o *Open) note(peak, last int64, at time.Time) {
	if peak <= 0 {
		return
	}
	o.Peak = max(o.Peak, peak)
	if at.After(o.At) || at.Equal(o.At) && last > o.Last {
		o.Last, o.At = last, at.UTC()
	}
}
