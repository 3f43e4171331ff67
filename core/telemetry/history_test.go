package telemetry_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"pgregory.net/rapid"

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

	lasting bool // nothing ends
}

func newHistory(t *rapid.T) *history {
	round := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Minute}).Draw(t, "round")
	return &history{
		t: t, store: new(telemetrytest.Memory), now: noon.Add(-30 * time.Hour), round: round, lasting: rapid.Bool().Draw(t, "nothing ends"),
	}
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
func (h *history) write(e telemetry.Event, ago, life time.Duration) {
	e.At = h.now.Add(-ago)
	r := telemetry.Record{Event: e, Expires: e.At.Add(life).Truncate(time.Second)}
	h.store.Write(part, r)
	h.all = append(h.all, r)
	h.news = append(h.news, telemetry.Written{At: e.At, Written: h.now.Truncate(h.round)})
}

// want returns what the readable events from one time to another come to, by
// the span in which they lie.
func (h *history) want(from, to time.Time, s telemetry.Span) map[time.Time]*telemetry.Digest {
	sums := map[time.Time]*telemetry.Digest{}
	for _, r := range h.all {
		if !r.At.Before(from) && r.At.Before(to) && r.Readable(h.now) {
			at(sums, s, r.At).Count(r.Event)
		}
	}
	return sums
}

func at(sums map[time.Time]*telemetry.Digest, s telemetry.Span, t time.Time) *telemetry.Digest {
	start := s.Start(t)
	if sums[start] == nil {
		sums[start] = new(telemetry.Digest)
	}
	return sums[start]
}

func (h *history) got(from, to time.Time, s telemetry.Span) map[time.Time]*telemetry.Digest {
	sums := map[time.Time]*telemetry.Digest{}
	err := telemetry.SumPart(context.Background(), h.store, part, from, to, s, h.now, func(t time.Time, d *telemetry.Digest) error {
		at(sums, s, t).Merge(d)
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return sums
}

// check holds every report against the events, whole digests of them: from far
// back, from midnights, and from anywhere; by day, hour or minute.
func (h *history) check(when string) {
	h.t.Helper()
	days := rapid.IntRange(0, 5).Draw(h.t, "days")
	from, to := telemetry.Daily.Start(h.now).AddDate(0, 0, -days), telemetry.Daily.Start(h.now).AddDate(0, 0, 1)
	if rapid.Bool().Draw(h.t, "odd ends") {
		from = from.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(h.t, "from")) * time.Second)
		to = to.Add(-time.Duration(rapid.IntRange(0, 90_000).Draw(h.t, "to")) * time.Second)
	}
	span := rapid.SampledFrom([]telemetry.Span{telemetry.Daily, telemetry.Hourly, telemetry.Minutely}).Draw(h.t, "span")
	got, want := h.got(from, to, span), h.want(from, to, span)
	if !maps.EqualFunc(got, want, same) {
		h.t.Fatalf("%s, the digests from %v to %v at %v are\n%+v\nwant\n%+v\nrollups %+v", when, from, to, h.now, got, want, h.store.All(part))
	}
}

// checkRollups holds the rollups themselves, when all is told and has arrived,
// and nothing has ended, against those of a run in which nothing went wrong.
func (h *history) checkRollups() {
	h.t.Helper()
	if !h.lasting {
		return
	}
	clean := new(telemetrytest.Memory)
	for _, r := range h.all {
		clean.Write(part, r)
	}
	if err := telemetry.Roll(context.Background(), clean, part, h.news, h.now); err != nil {
		h.t.Fatal(err)
	}
	got, want := h.store.All(part), clean.All(part)
	if !slices.EqualFunc(got, want, func(a, b telemetry.Rollup) bool {
		return a.Span == b.Span && a.Start.Equal(b.Start) && a.Whole.Equal(b.Whole) && a.Expires.Equal(b.Expires) && same(&a.Digest, &b.Digest)
	}) {
		h.t.Fatalf("the rollups are\n%+v\nwant\n%+v", got, want)
	}
}

func (h *history) life() time.Duration {
	if h.lasting {
		return year
	}
	return rapid.SampledFrom([]time.Duration{40 * time.Minute, 26 * time.Hour, year}).Draw(h.t, "life")
}

func (h *history) event(ago time.Duration) {
	r := rand.New(rand.NewPCG(3, rapid.Uint64Range(0, 999).Draw(h.t, "event")))
	h.write(happening(r, 30, 5), ago, h.life())
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
