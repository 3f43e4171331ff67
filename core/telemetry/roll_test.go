package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
)

var (
	noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	part = telemetry.Part{App: "app", Number: 3}
)

// history is what happens to one part of an application: events are written,
// news of them are delivered, by calls of Roll that may stop anywhere.
type history struct {
	t      *rapid.T
	store  *telemetrytest.Memory
	now    time.Time
	round  time.Duration // what the stream rounds times down to
	all    []telemetry.Record
	news   []telemetry.Written
	calls  []*call  // under way
	adrift []func() // writes of the dead, on their way
}

func newHistory(t *rapid.T) *history {
	round := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Minute}).Draw(t, "round")
	return &history{t: t, store: new(telemetrytest.Memory), now: noon.Add(-30 * time.Hour), round: round}
}

// call is a call of Roll, which stops before each of its requests.
type call struct {
	next func() (string, bool)
	stop func()
	done bool
	err  error
}

var errDied = errors.New("died")

// gate stops before each request. When nobody goes on, the caller is dead.
type gate struct {
	*telemetrytest.Memory
	yield func(string) bool
	died  func(write func())
}

func (g gate) Records(ctx context.Context, p telemetry.Part, from, to, now time.Time, f func(telemetry.Record) error) error {
	if !g.yield("records") {
		return errDied
	}
	return g.Memory.Records(ctx, p, from, to, now, f)
}

func (g gate) Closed(ctx context.Context, p telemetry.Part) (time.Time, error) {
	if !g.yield("closed") {
		return time.Time{}, errDied
	}
	return g.Memory.Closed(ctx, p)
}

func (g gate) Kept(ctx context.Context, p telemetry.Part, s telemetry.Span, from, to, now time.Time) ([]telemetry.Rollup, error) {
	if !g.yield("kept") {
		return nil, errDied
	}
	return g.Memory.Kept(ctx, p, s, from, to, now)
}

func (g gate) Keep(ctx context.Context, p telemetry.Part, r telemetry.Rollup, now time.Time) error {
	if !g.yield("keep") {
		g.died(func() { _ = g.Memory.Keep(ctx, p, r, now) })
		return errDied
	}
	return g.Memory.Keep(ctx, p, r, now)
}

// start begins a call of Roll with some news.
func (h *history) start(news []telemetry.Written) *call {
	c := new(call)
	now := h.now
	c.next, c.stop = iter.Pull(func(yield func(string) bool) {
		g := gate{h.store, yield, func(write func()) { h.adrift = append(h.adrift, write) }}
		c.err = telemetry.Roll(context.Background(), g, part, slices.Clone(news), now)
		c.done = true
	})
	return c
}

// finish lets a call come to its end.
func (c *call) finish() error {
	for {
		if _, ok := c.next(); !ok {
			return c.err
		}
	}
}

// write adds an event that happened so long ago.
func (h *history) write(ago, life time.Duration, name privacy.RecordedTopic, size, subscribers int) {
	e := telemetry.Event{App: part.App, Topic: name, Size: size, Subscribers: subscribers, At: h.now.Add(-ago)}
	r := telemetry.Record{Event: e, Expires: e.At.Add(life).Truncate(time.Second)}
	h.store.Write(part, r)
	h.all = append(h.all, r)
	h.news = append(h.news, telemetry.Written{At: e.At, Written: h.now.Truncate(h.round)})
}

// want returns what the readable events of a span come to, by day.
func (h *history) want(from, to time.Time) map[string]telemetry.Sums {
	days := map[string]telemetry.Sums{}
	for _, r := range h.all {
		if !r.At.Before(from) && r.At.Before(to) && r.Readable(h.now) {
			day := r.At.Format(time.DateOnly)
			s := days[day]
			s.Count(r.Event)
			days[day] = s
		}
	}
	return days
}

func (h *history) got(from, to time.Time) map[string]telemetry.Sums {
	days := map[string]telemetry.Sums{}
	err := telemetry.SumPart(context.Background(), h.store, part, from, to, telemetry.Daily, h.now, func(at time.Time, d *telemetry.Digest) error {
		s := d.Sums
		day := at.Format(time.DateOnly)
		sum := days[day]
		sum.Add(s)
		days[day] = sum
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return days
}

// check holds every report against the events: from far back, from midnights,
// and from anywhere.
func (h *history) check(when string) {
	h.t.Helper()
	days := rapid.IntRange(0, 5).Draw(h.t, "days")
	from, to := telemetry.Daily.Start(h.now).AddDate(0, 0, -days), telemetry.Daily.Start(h.now).AddDate(0, 0, 1)
	if rapid.Bool().Draw(h.t, "odd ends") {
		from = from.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(h.t, "from")) * time.Second)
		to = to.Add(-time.Duration(rapid.IntRange(0, 90_000).Draw(h.t, "to")) * time.Second)
	}
	got, want := h.got(from, to), h.want(from, to)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		h.t.Fatalf("%s, the sums from %v to %v at %v are\n%v\nwant\n%v\nrollups %+v", when, from, to, h.now, got, want, h.store.All(part))
	}
}

func (h *history) life() time.Duration {
	return rapid.SampledFrom([]time.Duration{40 * time.Minute, 26 * time.Hour, 24 * 365 * time.Hour}).Draw(h.t, "life")
}

func (h *history) event(ago time.Duration) {
	name := rapid.SampledFrom([]privacy.RecordedTopic{"a", "b", telemetry.TopicConnect, telemetry.TopicDisconnect}).Draw(h.t, "topic")
	h.write(ago, h.life(), name, rapid.IntRange(0, 9).Draw(h.t, "size"), rapid.IntRange(0, 3).Draw(h.t, "subscribers"))
}

// batch is any of the news, in any order, some of them twice.
func (h *history) batch() []telemetry.Written {
	if len(h.news) == 0 {
		return nil
	}
	from := rapid.IntRange(0, len(h.news)-1).Draw(h.t, "from")
	batch := slices.Clone(h.news[from:min(len(h.news), from+rapid.IntRange(1, 40).Draw(h.t, "n"))])
	if rapid.Bool().Draw(h.t, "twice") {
		batch = append(batch, batch...)
	}
	if rapid.Bool().Draw(h.t, "backwards") {
		slices.Reverse(batch)
	}
	return batch
}

func (h *history) pass() {
	steps := []time.Duration{0, time.Second, 20 * time.Second, time.Minute, 7 * time.Minute, 31 * time.Minute, 5 * time.Hour, 23 * time.Hour}
	h.now = h.now.Add(rapid.SampledFrom(steps).Draw(h.t, "pass"))
}

// Whatever the order in which news arrive, how often, and where those who were
// told of them died, however many of them at once: a report counts what is
// there.
func TestAReportIsNeverBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		t.Repeat(map[string]func(*rapid.T){
			"write":   func(*rapid.T) { h.event(time.Duration(rapid.IntRange(0, 85_000).Draw(t, "ago")) * time.Millisecond) },
			"pass":    func(*rapid.T) { h.pass() },
			"deliver": func(*rapid.T) { h.calls = append(h.calls, h.start(h.batch())) },
			"go on":   func(*rapid.T) { h.step() },
			"die":     func(*rapid.T) { h.die() },
			"arrive":  func(*rapid.T) { h.arrive() },
			"":        func(*rapid.T) { h.check("under way") },
		})
		for _, c := range h.calls {
			c.stop()
		}
	})
}

// step lets one of the calls make some requests.
func (h *history) step() {
	if len(h.calls) == 0 {
		return
	}
	i := rapid.IntRange(0, len(h.calls)-1).Draw(h.t, "call")
	for range rapid.IntRange(1, 20).Draw(h.t, "steps") {
		if _, ok := h.calls[i].next(); !ok {
			if h.calls[i].err != nil {
				h.t.Fatal(h.calls[i].err)
			}
			h.calls = slices.Delete(h.calls, i, i+1)
			return
		}
	}
}

func (h *history) die() {
	if len(h.calls) > 0 {
		i := rapid.IntRange(0, len(h.calls)-1).Draw(h.t, "call")
		h.calls[i].stop()
		h.calls = slices.Delete(h.calls, i, i+1)
	}
}

func (h *history) arrive() {
	if len(h.adrift) > 0 {
		i := rapid.IntRange(0, len(h.adrift)-1).Draw(h.t, "write")
		h.adrift[i]()
		h.adrift = slices.Delete(h.adrift, i, i+1)
	}
}

// Events that are written far too late are counted when their news have been
// told to somebody who did not die of them, one call at a time.
func TestLateEventsAreCountedOnceTheirNewsArrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		told := 0 // so many of the news were delivered without a death, in order
		deliver := func() {
			n := min(len(h.news), told+rapid.IntRange(1, 40).Draw(t, "n"))
			c := h.start(h.news[max(0, told-rapid.IntRange(0, 5).Draw(t, "again")):n])
			for range rapid.IntRange(0, 30).Draw(t, "steps") {
				if _, ok := c.next(); !ok {
					break
				}
			}
			c.stop()
			if c.done && c.err == nil {
				told = n
			}
			if rapid.Bool().Draw(t, "arrives at once") {
				h.arrive()
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"write": func(*rapid.T) { h.event(time.Duration(rapid.IntRange(0, 85_000).Draw(t, "ago")) * time.Millisecond) },
			"write late": func(*rapid.T) {
				h.event(time.Duration(rapid.SampledFrom([]int{90, 119, 120, 180, 3600, 100_000}).Draw(t, "ago")) * time.Second)
			},
			"pass":    func(*rapid.T) { h.pass() },
			"deliver": func(*rapid.T) { deliver() },
			"arrive":  func(*rapid.T) { h.arrive() },
			"": func(*rapid.T) {
				if told == len(h.news) {
					h.check("told of everything")
				}
			},
		})
		if err := h.start(h.news[told:]).finish(); err != nil {
			t.Fatal(err)
		}
		h.check("in the end")
		for len(h.adrift) > 0 {
			h.arrive()
		}
		h.check("when everything has arrived")
	})
}
