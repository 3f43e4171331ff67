package metrics_test

import (
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/metrics"
)

func TestWhatHappensIsCountedOnceByHoweverMany(t *testing.T) {
	c := metrics.New()
	const many = 100
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range many {
				c.Published(t.Context(), 300, wire.Counts{Matched: 5, Delivered: 2, Gone: 1}, 3*time.Millisecond)
				c.Answered(t.Context(), wire.TypePublish, wire.CodeRate, time.Second)
				c.Answered(t.Context(), wire.TypePing, 0, time.Second)
				c.Connected(t.Context(), 0)
				c.Connected(t.Context(), wire.CodeConnections)
				c.Disconnected(t.Context())
				c.Recorded(t.Context(), true)
				c.Recorded(t.Context(), false)
				c.Requested(metrics.Request{Route: "/healthz", Method: "GET", Status: 200})
			}
		})
	}
	all.Wait()
	got := c.Totals()
	const n = 4 * many
	if got.Messages() != n || got.Sizes.Sum != 300*n || got.Times.Count() != n || got.Delivered != 2*n || got.Gone != n || got.Failed != 2*n ||
		got.Disconnects != n || got.Kept != n || got.Lost != n || got.Arrived() != n {
		t.Errorf("got %+v", got)
	}
	if refused := got.Refused(); len(refused) != 2 || refused["4301"] != n || refused["4303"] != n {
		t.Errorf("refused: %v", refused)
	}
	if want := []metrics.Requested{{Request: metrics.Request{Route: "/healthz", Method: "GET", Status: 200}, N: n}}; !slices.Equal(got.Requests, want) {
		t.Errorf("requests: %v", got.Requests)
	}
	if taken := c.Take(); taken.Messages() != n || taken.Refused()["4301"] != n {
		t.Errorf("taken: %+v", taken)
	}
	if again := c.Take(); again.Messages() != 0 || again.Sizes.Sum != 0 || len(again.Connects)+len(again.Answered)+len(again.Requests) != 0 || again.Kept != 0 {
		t.Errorf("taken twice: %+v", again)
	}
}

// Whatever is counted, there are no more figures than were thought of.
func TestNoClientMakesAFigureOfItsOwn(t *testing.T) {
	c := metrics.New()
	for code := range math.MaxUint16 + 1 {
		c.Answered(t.Context(), wire.Type("MARKER"+strconv.Itoa(code)), wire.Code(code), 0)
		c.Connected(t.Context(), wire.Code(code))
	}
	for _, v := range []wire.Type{"", "PUBLISH", wire.TypePublish} {
		c.Answered(t.Context(), v, 0, 0)
	}
	got := c.Totals()
	verbs, codes := metrics.Verbs(), metrics.Codes()
	for _, a := range got.Answered {
		if !slices.Contains(verbs, a.Verb) || !slices.Contains(codes, a.Code) {
			t.Errorf("answered: %+v", a)
		}
	}
	for _, c := range got.Connects {
		if !slices.Contains(codes, c.Code) {
			t.Errorf("connects: %+v", c)
		}
	}
	if len(got.Connects) < len(wire.Catalogue) || len(got.Connects) > len(codes) {
		t.Errorf("%d codes of connects, and %d labels", len(got.Connects), len(codes))
	}
	for i := range 10000 {
		c.Requested(metrics.Request{Route: "/" + strconv.Itoa(i), Method: "GET", Status: i})
	}
	if n := len(c.Totals().Requests); n > 4097 {
		t.Errorf("%d kinds of requests", n)
	}
}

func TestEachNumberOfTheCatalogueHasALabel(t *testing.T) {
	for _, e := range wire.Catalogue {
		c := metrics.New()
		c.Connected(t.Context(), e.Code)
		want := strconv.Itoa(int(e.Code))
		if e.Code < 4000 { // no answer has it
			want = metrics.Other
		}
		if got := c.Totals().Connects; len(got) != 1 || got[0].Code != want {
			t.Errorf("%d: %v", e.Code, got)
		}
	}
}

func TestQuantilesLieBetweenTheirBounds(t *testing.T) {
	c := metrics.New()
	for i := range 100 {
		took := 800 * time.Microsecond
		if i >= 98 {
			took = 2 * time.Second
		}
		c.Published(t.Context(), 1, wire.Counts{}, took)
	}
	times := c.Totals().Times
	if p := times.Quantile(0.5); p < 500e3 || p > 1e6 {
		t.Errorf("half of them took less than %v ns", p)
	}
	if p := times.Quantile(0.99); p < 1e9 || p > 2.5e9 {
		t.Errorf("99 of 100 took less than %v ns", p)
	}
	if p := (metrics.Distribution{}).Quantile(0.5); p != 0 {
		t.Errorf("of nothing: %v", p)
	}
	c.Published(t.Context(), 1, wire.Counts{}, time.Hour)
	since := c.Totals().Times.Since(times)
	if n := since.Count(); n != 1 {
		t.Errorf("%d have come since", n)
	}
	if p := since.Quantile(0.5); p != 10e9 {
		t.Errorf("what is beyond counts as %v", p)
	}
}

func TestSeveralMetersAreAllTold(t *testing.T) {
	a, b := metrics.New(), metrics.New()
	if m := metrics.Several(a); m != pubsub.Meter(a) {
		t.Error("one alone is not itself")
	}
	m := metrics.Several(a, b)
	m.Published(t.Context(), 1, wire.Counts{}, 0)
	m.Answered(t.Context(), wire.TypePing, 0, 0)
	m.Connected(t.Context(), 0)
	m.Disconnected(t.Context())
	m.Recorded(t.Context(), true)
	for _, c := range []*metrics.Counts{a, b} {
		if got := c.Totals(); got.Messages() != 1 || len(got.Answered) != 1 || got.Arrived() != 1 || got.Disconnects != 1 || got.Kept != 1 {
			t.Errorf("got %+v", got)
		}
	}
}

// What counting costs a publication: its frame, its message and its event.
func BenchmarkCounting(b *testing.B) {
	c := metrics.New()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Published(b.Context(), 300, wire.Counts{Matched: 100, Delivered: 100}, 3*time.Millisecond)
			c.Answered(b.Context(), wire.TypePublish, 0, 3*time.Millisecond)
			c.Recorded(b.Context(), true)
		}
	})
}

func TestCountingAllocatesNothing(t *testing.T) {
	c := metrics.New()
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		c.Published(ctx, 300, wire.Counts{Matched: 100, Delivered: 100}, time.Millisecond)
		c.Answered(ctx, wire.TypePublish, wire.CodeRate, time.Millisecond)
		c.Recorded(ctx, true)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
