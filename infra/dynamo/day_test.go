package dynamo_test

import (
	"flag"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
	"tacet/infra/dynamo"
)

var dayScale = flag.Int("day", 10_000, "what a benchmark divides a day of ten million messages by, such as 100")

// theDay is a Saturday's.
var theDay = time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)

// life is a table through which a day passes.
type life struct {
	testing.TB
	store       *dynamo.Telemetry
	meter       *meter
	every       time.Duration // how often rollups are made
	write, roll time.Duration
	rolling     map[string]int // requests, by their operation
}

func newLife(tb testing.TB, every time.Duration) *life {
	m := new(meter)
	return &life{
		TB: tb, meter: m, every: every, store: dynamo.NewTelemetry(client(local.Endpoint, m.called), table(tb, "telemetry")), rolling: map[string]int{},
	}
}

// happen writes what happened, and lets each part have news of it.
func (l *life) happen(all []telemetry.Record, now time.Time) {
	if len(all) == 0 {
		return
	}
	begun := time.Now()
	if err := l.store.PutMany(l.Context(), len(all), func(i int) telemetry.Record { return all[i] }); err != nil {
		l.Fatal(err)
	}
	l.write += time.Since(begun)
	begun = time.Now()
	for _, c := range l.meter.during(func() { l.rollAll(all[0].App, now) }) {
		l.rolling[c.Operation]++
	}
	l.roll += time.Since(begun)
}

func (l *life) rollAll(of app.ID, now time.Time) {
	err := dynamo.InParallel(dynamo.EventParts, func(part int) error {
		news := []telemetry.Written{{At: now.Add(-time.Second), Written: now}}
		return telemetry.Roll(l.Context(), l.store, telemetry.Part{App: of, Number: part}, news, now)
	})
	if err != nil {
		l.Fatal(err)
	}
}

// end lets a little happen the day after in each part, which closes the day.
func (l *life) end(d telemetrytest.Day) time.Time {
	now := d.Midnight.Add(24*time.Hour + 10*time.Minute)
	var all []telemetry.Record
	for range dynamo.EventParts {
		e := telemetry.Event{Node: "n", App: d.App, Topic: "a", At: d.Midnight.Add(24*time.Hour + time.Second)}
		all = append(all, telemetry.Record{Event: e, Expires: e.At.Add(d.Retention)})
	}
	l.happen(all, now)
	return now
}

// ask reads a day by a span, holds what it reads against the recount, and
// returns how long reading took, and what it cost.
func (l *life) ask(recount *telemetrytest.Recount, d telemetrytest.Day, s telemetry.Span, now time.Time) (took time.Duration, cost string) {
	l.Helper()
	calls := l.meter.during(func() {
		begun := time.Now()
		read, err := telemetrytest.Read(l.Context(), l.store, d.App, d.Midnight, d.Midnight.AddDate(0, 0, 1), s, now)
		took = time.Since(begun)
		if err != nil {
			l.Fatal(err)
		}
		if err := recount.Wrong(read, s); err != nil {
			l.Errorf("by %v: %v", time.Duration(s), err)
		}
	})
	return took, bill(calls)
}

// A day in the table, rolled as it goes by, is that of a recount.
func TestADayInTheTableIsThatOfARecount(t *testing.T) {
	l, recount := newLife(t, 6*time.Hour), new(telemetrytest.Recount)
	d := telemetrytest.FullDay(pubsubtest.AppA, theDay).Divided(40_000)
	d.Pass(l.every, recount.Count, l.happen)
	for _, now := range []time.Time{d.Midnight.AddDate(0, 0, 1), l.end(d)} {
		for _, span := range []telemetry.Span{telemetry.Daily, telemetry.Hourly, telemetry.Minutely} {
			l.ask(recount, d, span, now)
		}
	}
}

// BenchmarkDay tells what a day costs, on DynamoDB Local as far as time goes. It
// fails if what is asked for is not what a recount says.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		l, recount := newLife(b, 10*time.Minute), new(telemetrytest.Recount)
		d := telemetrytest.FullDay(pubsubtest.AppA, theDay).Divided(*dayScale)
		d.Pass(l.every, recount.Count, l.happen)
		now := l.end(d)
		b.ReportMetric(l.write.Seconds(), "s/write")
		b.ReportMetric(l.roll.Seconds(), "s/roll")
		b.Logf("rolling took %v", l.rolling)
		for name, span := range map[string]telemetry.Span{"day": telemetry.Daily, "hours": telemetry.Hourly, "minutes": telemetry.Minutely} {
			took, cost := l.ask(recount, d, span, now)
			b.ReportMetric(float64(took.Microseconds())/1000, "ms/by-"+name)
			b.Logf("by %s it costs %s", name, cost)
		}
	}
}
