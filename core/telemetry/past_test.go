package telemetry_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"tacet/core/app"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/telemetry"
)

// seen is an event of a history, and by whom it was.
type seen struct {
	telemetry.Record
	written time.Time
	client  int
	bit     uint64 // its size, or its weight as a connection: a sum tells which events are in it
}

// replan is a change of plan, after which a job gives events their new ends.
type replan struct {
	at, restamped time.Time
	to            plan.Name
}

// past is what happens to an application in some days.
type past struct {
	least  int
	plan   plan.Name
	events []*seen
	plans  []replan
}

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

const (
	hour     = time.Hour
	fullDay  = 24 * hour
	daysLong = 3
)

var pasts = rapid.Custom(func(t *rapid.T) past {
	h := past{least: rapid.IntRange(2, 3).Draw(t, "k"), plan: rapid.SampledFrom([]plan.Name{plan.Free, plan.Team}).Draw(t, "plan")}
	for i := range rapid.IntRange(0, 2).Draw(t, "changes of plan") {
		at := monday.Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "changed")) * time.Minute).Add(time.Duration(i) * 6 * fullDay)
		late := time.Duration(rapid.IntRange(0, 90).Draw(t, "restamped after")) * time.Minute
		h.plans = append(h.plans, replan{at, at.Add(late), rapid.SampledFrom([]plan.Name{plan.Free, plan.Team, plan.Business}).Draw(t, "to")})
	}
	groups := rapid.IntRange(1, 4).Draw(t, "groups")
	for i := range rapid.IntRange(1, 40).Draw(t, "events") {
		e := &seen{client: rapid.IntRange(0, 6).Draw(t, "client"), bit: 1 << i}
		day := rapid.IntRange(0, daysLong-1).Draw(t, "day")
		second := rapid.OneOf(rapid.IntRange(0, 24*60*60-1), rapid.Just(24*60*60-1), rapid.Just(0)).Draw(t, "second")
		e.At = monday.AddDate(0, 0, day).Add(time.Duration(second)*time.Second + 500*time.Millisecond)
		e.written = e.At.Add(time.Duration(rapid.IntRange(0, 118).Draw(t, "written after")) * time.Second)
		group := rapid.IntRange(0, groups-1).Draw(t, "group")
		who := addressOf(e.client)
		if rapid.Bool().Draw(t, "connects") {
			e.Topic, e.ClientIP, e.Country = telemetry.TopicConnect, who, []privacy.Country{"DE", "FR", "IT", ""}[group]
		} else {
			e.Topic, e.PublisherIP, e.Size = privacy.RecordedTopic("t"+strconv.Itoa(group)), who, int(e.bit)
			e.Subscribers = rapid.SampledFrom([]int{0, 1, 4*h.least - 1, 4 * h.least}).Draw(t, "subscribers")
		}
		h.events = append(h.events, e)
	}
	slices.SortFunc(h.events, func(a, b *seen) int { return a.written.Compare(b.written) })
	return h
})

func addressOf(client int) (a privacy.Anonymised) {
	if err := a.UnmarshalText(fmt.Appendf(nil, "truncate/1/203.0.%d.0/24", client)); err != nil {
		panic(err)
	}
	return a
}

// replay is a history as far as it has come: a store, and the directory.
type replay struct {
	past
	now         time.Time
	app         app.App
	changed     int // plans
	written     int // events
	restampedTo int // plans whose job is done
	was         plan.Name
}

// until goes on to a time.
func (r *replay) until(now time.Time) {
	for r.step(now) {
	}
	r.now = now
}

// step does what happens next, and reports whether anything does up to now.
func (r *replay) step(now time.Time) bool {
	next, do := now, (func())(nil)
	if r.changed < len(r.plans) && !r.plans[r.changed].at.After(next) {
		c := r.plans[r.changed]
		next, do = c.at, func() { r.was = r.app.Plan; r.app.Replan(c.to, c.at); r.changed++ }
	}
	if i := r.restampedTo; i < r.changed && !r.plans[i].restamped.After(next) {
		c := r.plans[i]
		next, do = c.restamped, func() { r.restamp(c); r.restampedTo++ }
	}
	if r.written < len(r.events) && !r.events[r.written].written.After(next) {
		do = func() { r.write(r.events[r.written]); r.written++ }
	}
	if do == nil {
		return false
	}
	do()
	return true
}

// write records an event, by the former plan for some seconds after a change.
func (r *replay) write(e *seen) {
	by := app.App{Plan: r.app.Plan}
	if r.changed > 0 && e.written.Sub(r.plans[r.changed-1].at) < 30*time.Second {
		by.Plan = r.was
	}
	e.Expires = e.At.Add(by.Limits().Retention).Truncate(time.Second)
}

func (r *replay) restamp(c replan) {
	retention := (&app.App{Plan: c.to}).Limits().Retention
	if r.app.Limits().Retention != retention {
		return // there is another job
	}
	for _, e := range r.events[:r.written] {
		if e.Readable(c.restamped) {
			e.Expires = e.At.Add(retention).Truncate(time.Second)
		}
	}
}

// Sum implements telemetry.Figures.
func (r *replay) Sum(_ context.Context, _ app.ID, from, to time.Time, _ telemetry.Span, now time.Time, add func(time.Time, *telemetry.Digest) error) error {
	for _, e := range r.events[:r.written] {
		if e.At.Before(from) || !e.At.Before(to) || !e.Readable(r.now) {
			continue
		}
		var d telemetry.Digest
		if d.Count(e.Event); e.Topic == telemetry.TopicConnect {
			d.Connections = int64(e.bit)
			d.Countries[e.Country] = telemetry.Group{Events: int64(e.bit), Crowd: d.Countries[e.Country].Crowd}
		}
		if err := add(e.At, &d); err != nil {
			return err
		}
	}
	return nil
}

// times are when an attacker asks: minute by minute where anything changes, and
// in between.
func (h past) times() (all []time.Time) {
	around := func(t time.Time, from, to int) {
		for m := from; m <= to; m++ {
			all = append(all, t.Add(time.Duration(m)*time.Minute))
		}
	}
	for d := range daysLong + 1 {
		start := monday.AddDate(0, 0, d)
		around(start, -1, 4)
		for _, p := range plan.All() {
			around(start.Add(p.Retention), -3, 2)
			all = append(all, start.Add(p.Retention-time.Second), start.Add(p.Retention+hour), start.Add(p.Retention+13*hour))
		}
	}
	for _, c := range h.plans {
		around(c.at, -1, 2)
		around(c.restamped, -1, 1)
		all = append(all, c.at.Add(fullDay), c.at.Add(30*fullDay))
	}
	for _, e := range h.events {
		all = append(all, e.written)
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}
