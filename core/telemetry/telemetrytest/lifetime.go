package telemetrytest

import (
	"fmt"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/telemetry"
)

// Store is what the lifetime of telemetry is looked at through.
type Store interface {
	telemetry.Events
	telemetry.Figures
	telemetry.Lifetime
}

// OpenLifetime returns an empty store for one test, and what writes an event to
// it. Whether a store keeps rollups, and when it makes them, is its own affair.
type OpenLifetime func(t *testing.T) (Store, func(telemetry.Record))

// TestLifetime holds a store against the contract of telemetry.Lifetime.
func TestLifetime(t *testing.T, open OpenLifetime) {
	for _, c := range []struct {
		name string
		test func(*estate)
	}{
		{"what is erased is gone, and nothing else", (*estate).erased},
		{"nothing can be erased", (*estate).nothing},
		{"a place that is none is refused", (*estate).misplaced},
		{"events that end earlier end at once", (*estate).shortened},
		{"events that end later do, and what has ended stays so", (*estate).prolonged},
		{"doing it again changes nothing", (*estate).repeated},
		{"what is recorded afterwards is as it was recorded", (*estate).recorded},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &estate{T: t}
			e.store, e.write = open(t)
			c.test(e)
		})
	}
}

// estate is one test of the suite: an application has an event every hour for
// three days, each of which ends thirty hours after, and another one has the same.
type estate struct {
	*testing.T
	store Store
	write func(telemetry.Record)
}

const (
	events    = 3 * 24
	retention = 30 * time.Hour // so that some of a day have ended when others have not
)

// at is when the nth event happens: not at the beginning of anything.
func at(n int) time.Time {
	return begin.Add(time.Duration(n)*time.Hour + 17*time.Minute + 23*time.Second + 456_789)
}

// end is when the last of them happens: what readers may see of the time before
// is no longer of interest to anybody.
var end = at(events - 1)

func (e *estate) fill() { e.happen(0, events) }

func (e *estate) happen(first, last int) {
	for n := first; n < last; n++ {
		for _, of := range []app.ID{one.App, other.App} {
			e.write(telemetry.Record{
				Event: telemetry.Event{Node: "n", App: of, Topic: privacy.RecordedTopic(fmt.Sprint(n)), Size: 1, At: at(n)}, Expires: at(n).Add(retention),
			})
		}
	}
}

// all does what a call does, call after call, and returns how many that were.
func (e *estate) all(call func(from string) (int64, string, error)) int64 {
	e.Helper()
	var sum int64
	from := ""
	for range 10_000 {
		n, next, err := call(from)
		if err != nil {
			e.Fatal(err)
		}
		if sum += n; next == "" {
			return sum
		}
		from = next
	}
	e.Fatal("it has no end")
	return 0
}

func (e *estate) erase(of app.ID) int64 {
	return e.all(func(from string) (int64, string, error) { return e.store.Erase(e.Context(), of, from) })
}

func (e *estate) restamp(of app.ID, retention time.Duration, now time.Time) int64 {
	return e.all(func(from string) (int64, string, error) {
		return e.store.Restamp(e.Context(), of, retention, now, from)
	})
}

// want looks for the events of an application that are readable at now: those
// from first to last, and the same as figures say.
func (e *estate) want(of app.ID, now time.Time, first, last int) {
	e.Helper()
	read := map[string]int{}
	from, to := begin.Add(-day), begin.Add(60*day)
	err := e.store.Each(e.Context(), of, from, to, now, func(x telemetry.Event) error { read[string(x.Topic)]++; return nil })
	if err != nil {
		e.Fatal(err)
	}
	for n := first; n < last; n++ {
		if read[fmt.Sprint(n)] != 1 {
			e.Errorf("at %v the event %d of %s is read %d times", now, n, of, read[fmt.Sprint(n)])
		}
	}
	var sum telemetry.Sums
	err = e.store.Sum(e.Context(), of, from, to, telemetry.Daily, now, func(_ time.Time, d *telemetry.Digest) error { sum.Add(d.Sums); return nil })
	if err != nil {
		e.Fatal(err)
	}
	if want := max(last-first, 0); len(read) != want || sum.Messages != int64(want) {
		e.Errorf("at %v %d events of %s are read, and the sum is of %d, want %d", now, len(read), of, sum.Messages, want)
	}
}

// wantRetention looks at everything from now on: those from first on are there,
// each until a time after it happened.
func (e *estate) wantRetention(of app.ID, retention time.Duration, now time.Time, first int) {
	e.Helper()
	for ; now.Before(at(events).Add(retention)); now = now.Add(19*time.Hour + 11*time.Minute) {
		n := first
		for n < events && !now.Before(at(n).Add(retention).Truncate(time.Second)) {
			n++
		}
		e.want(of, now, n, events)
	}
}

func (e *estate) erased() {
	e.fill()
	if n := e.erase(one.App); n < events {
		e.Errorf("%d records were erased, there were %d events", n, events)
	}
	e.want(one.App, end, 0, 0)
	e.want(other.App, end, events-30, events)
	if n := e.erase(one.App); n != 0 {
		e.Errorf("%d records were erased again", n)
	}
}

func (e *estate) nothing() {
	if n := e.erase(one.App) + e.restamp(one.App, day, begin); n != 0 {
		e.Errorf("%d records were found in an empty store", n)
	}
}

func (e *estate) misplaced() {
	e.fill()
	for _, from := range []string{"x", "{}", `{"kind":"x"}`, "e#" + string(other.App)} {
		if _, _, err := e.store.Erase(e.Context(), one.App, from); err == nil {
			e.Errorf("it was erased from %q", from)
		}
	}
	e.want(one.App, end, events-30, events)
}

func (e *estate) shortened() {
	e.fill()
	e.want(one.App, end, events-30, events)
	e.restamp(one.App, 6*time.Hour, end)
	e.wantRetention(one.App, 6*time.Hour, end, 0)
	e.wantRetention(other.App, retention, end, 0)
}

func (e *estate) prolonged() {
	e.fill()
	now := end.Add(time.Minute)
	e.restamp(one.App, 5*day, now)
	// What could be read then, and no more, although it is not five days old.
	e.wantRetention(one.App, 5*day, now, events-30)
	e.wantRetention(other.App, retention, now, 0)
}

func (e *estate) repeated() {
	e.fill()
	now := end.Add(time.Minute)
	e.restamp(one.App, 12*time.Hour, now)
	e.restamp(one.App, 12*time.Hour, now)
	e.restamp(one.App, 9*day, now.Add(time.Hour))
	e.restamp(one.App, 9*day, now.Add(2*time.Hour))
	e.wantRetention(one.App, 9*day, now.Add(2*time.Hour), events-11)
}

func (e *estate) recorded() {
	e.fill()
	now := end.Add(time.Minute)
	e.restamp(one.App, 0, now)
	e.want(one.App, now, 0, 0)
	e.happen(events, events+5)
	e.want(one.App, at(events+4), events, events+5)
	e.want(one.App, at(events+2).Add(retention), events+3, events+5)
}
