package telemetry_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
)

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
		if err := h.start(h.news).finish(); err != nil {
			t.Fatal(err)
		}
		for len(h.adrift) > 0 {
			h.arrive()
		}
		h.check("in the end")
		h.checkRollups()
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
		h.checkRollups()
	})
}

// More topics than a digest tells apart: what reports say of
// them is within the stated bound after minutes became hours and days, by calls
// that died, and the news came in any order. All else is exact.
func TestVeryManyTopicsStayWithinTheirBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		h.lasting = true
		r := rand.New(rand.NewPCG(4, rapid.Uint64().Draw(t, "seed")))
		steps := rapid.IntRange(1, 5).Draw(t, "steps")
		for range steps {
			for range 300 {
				h.write(happening(r, 500, 700), time.Duration(r.IntN(100))*time.Second, year)
			}
			h.now = h.now.Add(time.Duration(r.IntN(240)) * time.Minute)
			c := h.start(h.batch())
			for range r.IntN(60) {
				c.next()
			}
			c.stop()
		}
		if err := h.start(h.news).finish(); err != nil {
			t.Fatal(err)
		}
		got, want, real := new(telemetry.Digest), new(telemetry.Digest), new(telemetrytest.Recount)
		for _, d := range h.got(h.now.Add(-year), h.now.Add(1), telemetry.Daily) {
			got.Merge(d)
		}
		for _, x := range h.all {
			want.Count(x.Event)
			real.Count(x.Event)
		}
		if err := real.WrongTopics(&got.Topics); err != nil {
			t.Fatal(err)
		}
		if got.Topics, want.Topics = (telemetry.Top{}), (telemetry.Top{}); !same(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// modest counts how many rollups were read at a time.
type modest struct {
	*telemetrytest.Memory
	most int
}

func (m *modest) Kept(ctx context.Context, p telemetry.Part, s telemetry.Span, from, to, now time.Time) ([]telemetry.Rollup, error) {
	all, err := m.Memory.Kept(ctx, p, s, from, to, now)
	m.most = max(m.most, len(all))
	return all, err
}

// A rollup may take forty kilobytes of memory, and a function has few megabytes.
func TestALongReportHoldsFewRollupsAtATime(t *testing.T) {
	store := &modest{Memory: new(telemetrytest.Memory)}
	const minutes = 1000
	var news []telemetry.Written
	for n := range minutes {
		e := telemetry.Event{App: part.App, Topic: "a", At: noon.Add(time.Duration(n) * time.Minute)}
		store.Write(part, telemetry.Record{Event: e, Expires: e.At.Add(year)})
		news = append(news, telemetry.Written{At: e.At, Written: e.At.Add(time.Hour)})
	}
	now := noon.Add(100 * time.Hour)
	if err := telemetry.Roll(t.Context(), store, part, news, now); err != nil {
		t.Fatal(err)
	}
	read := 0
	err := telemetry.SumPart(t.Context(), store, part, noon.Add(-time.Hour), now, telemetry.Minutely, now, func(time.Time, *telemetry.Digest) error { read++; return nil })
	if err != nil || read != minutes || store.most > 128 {
		t.Errorf("%d rollups are read, %d at a time, %v", read, store.most, err)
	}
}

// A plan that is stamped anew lets a rollup end when its time has ended by it,
// which is later than the last of its events. So it ended later than one that
// counted an event more, and that was not kept.
func TestLateEventsAreCountedAfterANewPlan(t *testing.T) {
	const short, long = 30 * time.Hour, 48 * time.Hour
	store, now := new(telemetrytest.Memory), noon
	write := func(at time.Time, retention time.Duration) {
		store.Write(part, telemetry.Record{Event: telemetry.Event{App: part.App, Topic: "t", At: at}, Expires: at.Add(retention)})
	}
	roll := func(news ...telemetry.Written) {
		t.Helper()
		if err := telemetry.Roll(t.Context(), store, part, news, now); err != nil {
			t.Fatal(err)
		}
	}
	write(noon.Add(10*time.Second), short)
	write(noon.Add(25*time.Hour), short) // by which the day is closed
	now = noon.Add(26 * time.Hour)
	roll(telemetry.Written{At: now, Written: now})
	if _, _, err := store.Restamp(t.Context(), part.App, long, now, ""); err != nil {
		t.Fatal(err)
	}
	late := noon.Add(5 * time.Second)
	write(late, long)
	roll(telemetry.Written{At: late, Written: now})
	for _, most := range []telemetry.Span{telemetry.Minutely, telemetry.Hourly, telemetry.Daily} {
		for _, c := range []struct {
			now  time.Time
			want int64
		}{{now, 3}, {late.Add(long), 2}, {noon.Add(10*time.Second + long), 1}} {
			var sum telemetry.Sums
			err := telemetry.SumPart(t.Context(), store, part, noon.Add(-24*time.Hour), now, most, c.now, func(_ time.Time, d *telemetry.Digest) error {
				sum.Add(d.Sums)
				return nil
			})
			if err != nil || sum.Messages != c.want {
				t.Errorf("by %v at %v there are %d, %v; want %d", time.Duration(most), c.now, sum.Messages, err, c.want)
			}
		}
	}
}
