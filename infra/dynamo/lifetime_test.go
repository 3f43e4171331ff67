package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
	"tacet/infra/dynamo"
)

func TestLifetimesKeepTheContract(t *testing.T) {
	telemetrytest.TestLifetime(t, func(t *testing.T) (telemetrytest.Store, func(telemetry.Record)) {
		clock, events := pubsubtest.NewClock(), map[app.ID]int{}
		s := &rolled{Telemetry: dynamo.NewTelemetry(client(local.Endpoint, nil), table(t, "telemetry")), clock: clock}
		return s, func(r telemetry.Record) {
			clock.Advance(r.At.Sub(clock.Now()))
			must(t, s.Telemetry.Record(t.Context(), r, true))
			if events[r.App]++; events[r.App]%10 == 0 {
				must(t, s.roll(t.Context(), r))
			}
		}
	})
}

// past is an application with events in three hours of three days, ten minutes
// of each, and with rollups of all but the last minutes; and its neighbour with a
// few.
type past struct {
	t             *testing.T
	table         string
	direct        *dynamo.Telemetry
	events        int
	midnight, now time.Time
}

const week = 7 * 24 * hour

func newPast(t *testing.T, events int) *past {
	t.Helper()
	p := &past{t: t, table: table(t, "telemetry"), events: events}
	p.direct = dynamo.NewTelemetry(client(local.Endpoint, nil), p.table)
	p.midnight = telemetry.Daily.Start(pubsubtest.NewClock().Now())
	p.now = p.midnight.Add(2*24*hour + 3*hour)
	for of, n := range map[app.ID]int{pubsubtest.AppA: events, pubsubtest.AppB: 30} {
		must(t, p.direct.PutMany(t.Context(), n, func(i int) telemetry.Record {
			e := telemetry.Event{Node: "n", App: of, Topic: "a", Size: 1, At: p.at(i, n)}
			return telemetry.Record{Event: e, Expires: e.At.Add(week)}
		}))
	}
	must(t, p.roll(p.direct, p.now))
	return p
}

// at is when the ith of n events happens.
func (p *past) at(i, n int) time.Time {
	day := time.Duration(i % 3)
	return p.midnight.Add(day*25*hour + time.Duration(i)*10*time.Minute/time.Duration(n))
}

// roll tells each part of an event that was written then.
func (p *past) roll(store telemetry.Rollups, written time.Time) error {
	return eachPart(func(part int) error {
		news := []telemetry.Written{{At: written, Written: written}}
		return telemetry.Roll(p.t.Context(), store, telemetry.Part{App: pubsubtest.AppA, Number: part}, news, p.now)
	})
}

// rest counts what rests of the applications, by the letter of its kind, as in
// "30 e# of the other, 800 e#, 33 r#".
func (p *past) rest() (events, rollups, others int) {
	p.t.Helper()
	for _, i := range local.Scan(p.t, p.table) {
		switch pk := show(i[dynamo.Hash]); {
		case !strings.Contains(pk, string(pubsubtest.AppA)):
			others++
		case strings.HasPrefix(pk, `"e#`):
			events++
		default:
			rollups++
		}
	}
	return events, rollups, others
}

// wantSums holds what figures say at a time against the events themselves.
func (p *past) wantSums(when string, now time.Time) {
	p.t.Helper()
	read, sum := int64(0), telemetry.Sums{}
	from, to := p.midnight, p.now.Add(hour)
	must(p.t, p.direct.Each(p.t.Context(), pubsubtest.AppA, from, to, now, func(telemetry.Event) error { read++; return nil }))
	must(p.t, p.direct.Sum(p.t.Context(), pubsubtest.AppA, from, to, telemetry.Daily, now, func(_ time.Time, d *telemetry.Digest) error { sum.Add(d.Sums); return nil }))
	if sum.Messages != read {
		p.t.Errorf("%s, at %v: the sum is of %d events, and %d are read", when, now, sum.Messages, read)
	}
}

// wantAll looks for all events, each of which ends retention after it happened.
func (p *past) wantAll(when string, retention time.Duration) {
	p.t.Helper()
	n := 0
	for part := range 8 {
		must(p.t, p.direct.Records(p.t.Context(), telemetry.Part{App: pubsubtest.AppA, Number: part}, p.midnight, p.now, p.now, func(r telemetry.Record) error {
			if n++; r.Expires.Unix() != r.At.Add(retention).Unix() {
				return fmt.Errorf("one of %v ends at %v", r.At, r.Expires)
			}
			return nil
		}))
	}
	if n != p.events {
		p.t.Errorf("%s: there are %d events, want %d", when, n, p.events)
	}
	for now := p.now; now.Before(p.now.Add(retention)); now = now.Add(retention / 7) {
		p.wantSums(when, now)
	}
}

// sweep is a call of a lifetime, on whatever store.
type sweep func(ctx context.Context, s *dynamo.Telemetry, from string) (int64, string, error)

func erase(ctx context.Context, s *dynamo.Telemetry, from string) (int64, string, error) {
	return s.Erase(ctx, pubsubtest.AppA, from)
}

func (p *past) restamp(retention time.Duration) sweep {
	return func(ctx context.Context, s *dynamo.Telemetry, from string) (int64, string, error) {
		return s.Restamp(ctx, pubsubtest.AppA, retention, p.now, from)
	}
}

// all goes on until all is done, and returns to how many it was, and by how many
// calls.
func (p *past) all(s *dynamo.Telemetry, do sweep) (sum int64, calls int) {
	p.t.Helper()
	for from := ""; calls == 0 || from != ""; calls++ {
		n, next, err := do(p.t.Context(), s, from)
		must(p.t, err)
		sum, from = sum+n, next
	}
	return sum, calls
}

// bounded fails when a call was about more events than a page of each part, or
// by more requests than that takes.
func (p *past) bounded(m *meter, do sweep, page, writes int) sweep {
	return func(ctx context.Context, s *dynamo.Telemetry, from string) (n int64, next string, err error) {
		calls := m.during(func() { n, next, err = do(ctx, s, from) })
		queries := 0
		for _, c := range calls {
			if !c.Writes() {
				queries++
			}
		}
		if n > int64(8*page) || queries > 8 || len(calls)-queries > writes {
			p.t.Errorf("one call was about %d events, by %d queries and %d writes", n, queries, len(calls)-queries)
		}
		return n, next, err
	}
}

func TestErasingIsBounded(t *testing.T) {
	const events, page = 4000, 100
	dynamo.Sweeping(t, page)
	p, m := newPast(t, events), new(meter)
	_, rollups, _ := p.rest()
	if rollups < 8*30 {
		t.Fatalf("there are %d rollups", rollups)
	}
	s := dynamo.NewTelemetry(client(local.Endpoint, m.called), p.table)
	n, calls := p.all(s, p.bounded(m, erase, page, 8*page/25))
	if n != int64(events+rollups) || calls < events/(8*page)+1 {
		t.Errorf("%d were erased by %d calls, there were %d and %d rollups", n, calls, events, rollups)
	}
	if events, rollups, others := p.rest(); events+rollups != 0 || others != 30 {
		t.Errorf("%d events and %d rollups are left, and of the other %d", events, rollups, others)
	}
}

// What has the right end already is not written again.
func TestStampingIsBounded(t *testing.T) {
	const events, page = 800, 20
	dynamo.Sweeping(t, page)
	p, m := newPast(t, events), new(meter)
	s := dynamo.NewTelemetry(client(local.Endpoint, m.called), p.table)
	n, calls := p.all(s, p.bounded(m, p.restamp(2*week), page, 8*page))
	if n != events || calls < events/(8*page)+1 {
		t.Errorf("%d were stamped by %d calls", n, calls)
	}
	if n, _ := p.all(s, p.bounded(m, p.restamp(2*week), page, 0)); n != events {
		t.Errorf("%d are as they should be, want all", n)
	}
}

// crash does a sweep to the end, but each call dies first: before one of its
// requests happens, and after one has, at another place each time.
func (p *past) crash(do sweep) {
	p.t.Helper()
	front := newProxy(p.t)
	s := dynamo.NewTelemetry(client(front.URL, nil), p.table)
	calls, died, from := 0, 0, ""
	for calls == 0 || from != "" {
		for i, what := range []trouble{stalled, hanging, stalled, hanging} {
			ctx, cancel := context.WithTimeout(p.t.Context(), soon/3)
			front.strike(1+(7*calls+5*i)%17, what)
			_, _, err := do(ctx, s, from)
			_, struck := front.stop()
			cancel()
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				p.t.Fatalf("call %d: %v", calls, err)
			}
			died += struck
		}
		_, next, err := do(p.t.Context(), s, from)
		must(p.t, err)
		from = next
		calls++
	}
	if died == 0 {
		p.t.Error("nobody died")
	}
}

func TestALifetimeSurvivesACrashAtEveryPage(t *testing.T) {
	dynamo.Sweeping(t, 40)
	t.Run("erased", func(t *testing.T) {
		p := newPast(t, 800)
		p.crash(erase)
		if events, rollups, others := p.rest(); events+rollups != 0 || others != 30 {
			t.Errorf("%d events and %d rollups are left, and of the other %d", events, rollups, others)
		}
	})
	t.Run("stamped", func(t *testing.T) {
		p := newPast(t, 800)
		p.crash(p.restamp(2 * week))
		p.wantAll("stamped", 2*week)
	})
}

// Each request of one that goes wrong is made again, and what it leaves is the
// same.
func TestALifetimeMindsNoFault(t *testing.T) {
	const events = 48
	p, front := newPast(t, events), newProxy(t)
	s := dynamo.NewTelemetry(client(front.URL, nil), p.table)
	retention := week
	for _, request := range []int{1, 8 + events/2, 8 + events + 8 + events/2} { // a query, an event, a rollup
		for _, what := range []trouble{throttled, refused, lost, broken} {
			retention += hour
			front.strike(request, what)
			n, _ := p.all(s, p.restamp(retention))
			if _, struck := front.stop(); n != events || struck != 1 {
				t.Errorf("request %d, %s: %d were stamped, and %d struck", request, what, n, struck)
			}
		}
	}
	p.wantAll("stamped", retention)
	front.strike(14, unprocessed)
	p.all(s, erase)
	if _, struck := front.stop(); struck != 1 {
		t.Errorf("%d were struck", struck)
	}
	if events, rollups, _ := p.rest(); events+rollups != 0 {
		t.Errorf("%d events and %d rollups are left", events, rollups)
	}
}

// What was done before there was too much to do counts, and is not done again.
func TestALifetimeThatIsThrottledGoesOnLater(t *testing.T) {
	dynamo.Sweeping(t, 10)
	p, front := newPast(t, 300), newProxy(t)
	s := dynamo.NewTelemetry(client(front.URL, nil), p.table)
	front.strike(-14, throttled)
	n, next, err := s.Erase(t.Context(), pubsubtest.AppA, "")
	front.stop()
	if left, _, _ := p.rest(); err != nil || n == 0 || next == "" || n > int64(300-left) {
		t.Errorf("%d were erased, %d are left, next is %q: %v", n, left, next, err)
	}
	front.strike(-1, throttled)
	if _, _, err := s.Erase(t.Context(), pubsubtest.AppA, next); !errors.Is(err, dynamo.ErrThrottled) {
		t.Errorf("when nothing can be done: %v", err)
	}
	front.stop()
	p.all(s, erase)
	if events, rollups, _ := p.rest(); events+rollups != 0 {
		t.Errorf("%d events and %d rollups are left", events, rollups)
	}
}

// An event that was read, and is deleted before it is stamped, stays deleted.
func TestStampingBringsNothingBack(t *testing.T) {
	p, front := newPast(t, 300), newProxy(t)
	var once sync.Once
	front.before = func(operation string) {
		if operation == "UpdateItem" {
			once.Do(func() { p.all(p.direct, erase) })
		}
	}
	n, _ := p.all(dynamo.NewTelemetry(client(front.URL, nil), p.table), p.restamp(2*week))
	if events, rollups, _ := p.rest(); n != 0 || events+rollups != 0 {
		t.Errorf("%d were stamped, %d events and %d rollups are there", n, events, rollups)
	}
}

// What has ended by its new end is gone at once, and not when DynamoDB comes by.
func TestEventsThatEndEarlierAreDeleted(t *testing.T) {
	p := newPast(t, 300)
	p.all(p.direct, p.restamp(25*hour))
	if events, _, _ := p.rest(); events != 100 { // those of the last of three days
		t.Errorf("%d events are there, want 100", events)
	}
	for _, d := range []time.Duration{0, 22 * hour, 23 * hour, 24 * hour} {
		p.wantSums("shortened", p.now.Add(d))
	}
}

// Rolling up goes on meanwhile. Whatever it was doing, reports are right when
// all was stamped once more.
func TestStampingWhileRollingUpLeavesNoGap(t *testing.T) {
	dynamo.Sweeping(t, 20)
	p := newPast(t, 300)
	for round, retention := range []time.Duration{2 * week, 3 * 24 * hour, week} {
		must(t, p.direct.PutMany(t.Context(), 80, func(i int) telemetry.Record {
			e := telemetry.Event{Node: "n", App: pubsubtest.AppA, Topic: "a", Size: 1, At: p.now.Add(time.Duration(round*8+i/10) * time.Minute)}
			return telemetry.Record{Event: e, Expires: e.At.Add(retention)}
		}))
		p.events += 80
		var both sync.WaitGroup
		both.Go(func() {
			for minute := range 8 {
				if err := p.roll(p.direct, p.now.Add(time.Duration(round*8+minute)*time.Minute+telemetry.Settle)); err != nil {
					t.Error(err)
				}
			}
		})
		both.Go(func() { p.all(p.direct, p.restamp(retention)) })
		both.Wait()
		p.now = p.now.Add(24 * time.Minute)
		p.all(p.direct, p.restamp(retention))
		p.wantAll(fmt.Sprint("round ", round), retention)
		p.now = p.now.Add(-24 * time.Minute)
	}
}
