package pubsubtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
)

// Telemetry is a store of telemetry.
type Telemetry interface {
	pubsub.Recorder
	telemetry.Events
	telemetry.Figures
}

// OpenRecorder returns an empty store of telemetry that lives by the clock, for
// one test.
type OpenRecorder func(t *testing.T, clock *Clock) Telemetry

// TestRecorder holds a store against the contracts of pubsub.Recorder,
// telemetry.Events and telemetry.Figures.
func TestRecorder(t *testing.T, open OpenRecorder) {
	for _, c := range []struct {
		name string
		test func(*archive)
	}{
		{"every attribute is read as it was written", (*archive).attributes},
		{"what was acknowledged is seen, durable or not", (*archive).acknowledged},
		{"reading is from a time, up to but not including another", (*archive).span},
		{"an expired event is not read, whatever stands beside it", (*archive).expiry},
		{"applications do not see each other's events", (*archive).isolation},
		{"the reader's error stops reading and is returned", (*archive).readersError},
		{"what many record at once is there, once", (*archive).many},
		{"sums are those of what is readable", (*archive).sums},
		{"sums of a year are of days from midnight to midnight", (*archive).year},
		{"a sum grows with what is acknowledged and shrinks with what expires", (*archive).growing},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := NewClock()
			c.test(&archive{t, t.Context(), clock, open(t, clock)})
		})
	}
}

// archive is one test of the suite.
type archive struct {
	t     *testing.T
	ctx   context.Context
	clock *Clock
	store Telemetry
}

// event returns an event of AppA that happened at the given time.
func event(at time.Time, name privacy.RecordedTopic) telemetry.Event {
	return telemetry.Event{Node: "node", App: AppA, Size: 10, Topic: name, Subscribers: 2, At: at}
}

func (a *archive) record(e telemetry.Event, life time.Duration, durable bool) {
	a.t.Helper()
	if err := a.store.Record(a.ctx, telemetry.Record{Event: e, Expires: e.At.Add(life)}, durable); err != nil {
		a.t.Fatalf("Record: %v", err)
	}
}

// read returns the events of an application in a span, in order.
func (a *archive) read(of app.ID, from, to time.Time) []telemetry.Event {
	a.t.Helper()
	var found []telemetry.Event
	err := a.store.Each(a.ctx, of, from, to, a.clock.Now(), func(e telemetry.Event) error {
		found = append(found, e)
		return nil
	})
	if err != nil {
		a.t.Fatalf("Each: %v", err)
	}
	slices.SortFunc(found, func(x, y telemetry.Event) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Topic, y.Topic))
	})
	return found
}

func (a *archive) wantTopics(from, to time.Time, want ...privacy.RecordedTopic) {
	a.t.Helper()
	var got []privacy.RecordedTopic
	for _, e := range a.read(AppA, from, to) {
		got = append(got, e.Topic)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		a.t.Errorf("events in [%v, %v): %v, want %v", from, to, got, want)
	}
}

func anonymised(t *testing.T, text string) privacy.Anonymised {
	t.Helper()
	var a privacy.Anonymised
	if err := a.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *archive) attributes() {
	at := a.clock.Now().Add(-time.Hour)
	full := telemetry.Event{
		Node: "eu-central-1/abc/prod", App: AppA,
		ClientIP: anonymised(a.t, "truncate/1/203.0.113.0/24"), PublisherIP: anonymised(a.t, "ipcrypt/1/2001:db8::7"),
		Size: 131072, Topic: "secure/inbound", Subscribers: 100_000, At: at.Add(123456 * time.Microsecond),
		Country: "DE", TookMicros: 1<<40 + 1, Code: 4401,
	}
	unknown := full
	unknown.ClientIP, unknown.PublisherIP = anonymised(a.t, "ipcrypt/1/unknown"), anonymised(a.t, "none/1/")
	unknown.Topic, unknown.At = privacy.PrivateTopics, at.Add(time.Second)
	bare := telemetry.Event{Node: "n", App: AppA, Topic: telemetry.TopicConnect, At: at.Add(2 * time.Second)}
	want := []telemetry.Event{full, unknown, bare}
	for _, e := range want {
		a.record(e, 24*time.Hour, true)
	}
	got := a.read(AppA, at, a.clock.Now())
	if len(got) != len(want) {
		a.t.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.Node != w.Node || g.App != w.App || g.Size != w.Size || g.Topic != w.Topic || g.Subscribers != w.Subscribers ||
			g.Country != w.Country || g.TookMicros != w.TookMicros || g.Code != w.Code || !g.At.Equal(w.At) ||
			!sameAddress(g.ClientIP, w.ClientIP) || !sameAddress(g.PublisherIP, w.PublisherIP) {
			a.t.Errorf("got %+v, want %+v", g, w)
		}
		if g.At.Location() != time.UTC {
			a.t.Errorf("the time is in %v, want UTC", g.At.Location())
		}
	}
}

func sameAddress(a, b privacy.Anonymised) bool {
	return a.Method() == b.Method() && a.Version() == b.Version() && a.Value() == b.Value()
}

func (a *archive) acknowledged() {
	at := a.clock.Now()
	a.record(event(at, "durable"), time.Hour, true)
	a.wantTopics(at, at.Add(time.Second), "durable")
	a.record(event(at, "not"), time.Hour, false)
	a.wantTopics(at, at.Add(time.Second), "durable", "not")
	a.record(event(at, "not"), time.Hour, false)
	a.wantTopics(at, at.Add(time.Second), "durable", "not", "not")
}

func (a *archive) span() {
	noon := a.clock.Now()
	day := 24 * time.Hour
	times := []time.Duration{-400 * day, -day, -day + time.Millisecond, -time.Hour, -time.Millisecond, 0, time.Millisecond, 59 * time.Minute, time.Hour, day}
	name := func(i int) privacy.RecordedTopic { return privacy.RecordedTopic(fmt.Sprintf("e%d", i)) }
	for i, d := range times {
		a.record(event(noon.Add(d), name(i)), 1000*day, i%2 == 0)
	}
	for _, s := range [][2]time.Duration{
		{0, time.Millisecond},
		{-day, 0},
		{-day + time.Nanosecond, -time.Millisecond},
		{0, day},
		{0, day + time.Nanosecond},
		{-500 * day, 500 * day},
		{time.Millisecond, time.Millisecond},
		{time.Hour, 0},
		{2 * day, 3 * day},
	} {
		var want []privacy.RecordedTopic
		for i, d := range times {
			if d >= s[0] && d < s[1] {
				want = append(want, name(i))
			}
		}
		a.wantTopics(noon.Add(s[0]), noon.Add(s[1]), want...)
	}
	a.wantTopics(time.Time{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), "e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9")
}

func (a *archive) expiry() {
	start := a.clock.Now()
	end := start.Add(time.Hour)
	a.record(event(start, "minute"), time.Minute, false)
	a.record(event(start, "hour"), time.Hour, false)
	a.record(event(start, "second"), time.Second, true)
	a.wantTopics(start, end, "minute", "hour", "second")
	a.clock.Advance(time.Second - time.Millisecond)
	a.wantTopics(start, end, "minute", "hour", "second")
	a.clock.Advance(time.Millisecond)
	a.wantTopics(start, end, "minute", "hour")
	a.clock.Advance(time.Minute)
	a.wantTopics(start, end, "hour")
	a.clock.Advance(time.Hour)
	a.wantTopics(start, end)
	a.record(event(start, "stillborn"), time.Second, true)
	a.wantTopics(start, end)
}

func (a *archive) isolation() {
	at := a.clock.Now()
	e := event(at, "a")
	a.record(e, time.Hour, true)
	e.App, e.Topic = AppB, "b"
	a.record(e, time.Hour, true)
	e.App, e.Topic = AppA, "a2"
	a.record(e, time.Hour, false)
	a.wantTopics(at, at.Add(1), "a", "a2")
	got := a.read(AppB, at, at.Add(1))
	if len(got) != 1 || got[0].Topic != "b" || got[0].App != AppB {
		a.t.Errorf("events of the other application: %+v", got)
	}
	if got := a.read(NoSuch, at, at.Add(1)); len(got) != 0 {
		a.t.Errorf("events of an application that has none: %+v", got)
	}
}

func (a *archive) readersError() {
	at := a.clock.Now()
	for range 3 {
		a.record(event(at, "x"), time.Hour, false)
	}
	stop, calls := errors.New("enough"), 0
	err := a.store.Each(a.ctx, AppA, at, at.Add(1), at, func(telemetry.Event) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		a.t.Errorf("after %d calls: %v", calls, err)
	}
}

func (a *archive) many() {
	const workers, each = 8, 60
	at := a.clock.Now()
	var recorded atomic.Int64
	together(workers+1, func(w int) {
		if w == workers { // somebody reads meanwhile
			for range 3 {
				before := recorded.Load()
				seen := int64(0)
				err := a.store.Each(a.ctx, AppA, at, at.Add(time.Hour), at, func(telemetry.Event) error { seen++; return nil })
				if err != nil || seen < before {
					a.t.Errorf("saw %d events (%v) after %d were acknowledged", seen, err, before)
				}
			}
			return
		}
		for i := range each {
			e := event(at.Add(time.Duration(i)*time.Second), privacy.RecordedTopic(fmt.Sprintf("w%d/%d", w, i)))
			if err := a.store.Record(a.ctx, telemetry.Record{Event: e, Expires: at.Add(24 * time.Hour)}, i%10 == 0); err != nil {
				a.t.Errorf("Record: %v", err)
				return
			}
			recorded.Add(1)
		}
	})
	seen := map[privacy.RecordedTopic]int{}
	for _, e := range a.read(AppA, at, at.Add(time.Hour)) {
		seen[e.Topic]++
	}
	for w := range workers {
		for i := range each {
			if n := seen[privacy.RecordedTopic(fmt.Sprintf("w%d/%d", w, i))]; n != 1 {
				a.t.Fatalf("event w%d/%d is there %d times", w, i, n)
			}
		}
	}
}

func (a *archive) sums() {
	noon := a.clock.Now()
	a.record(event(noon, "x"), 24*time.Hour, true)
	a.record(event(noon.Add(-24*time.Hour), "x"), 48*time.Hour, true)
	a.record(event(noon.Add(-24*time.Hour), "gone"), time.Hour, true)
	a.record(event(noon.Add(-48*time.Hour), "before"), 72*time.Hour, true)
	connect := event(noon, telemetry.TopicConnect)
	connect.Size, connect.Subscribers = 0, 0
	a.record(connect, 24*time.Hour, false)
	got, err := telemetry.Aggregate(a.ctx, a.store, AppA, 2, year, noon)
	if err != nil {
		a.t.Fatal(err)
	}
	want := []telemetry.Sums{
		{Messages: 1, Deliveries: 2, Bytes: 10, DeliveredBytes: 20},
		{Messages: 1, Deliveries: 2, Bytes: 10, DeliveredBytes: 20, Connections: 1},
	}
	if got.From != "2026-03-13" || got.Days[0].Sums != want[0] || got.Days[1].Sums != want[1] {
		a.t.Errorf("got %+v, want %+v", got, want)
	}
	// Of a smaller plan: what was recorded on the larger one is not to be read.
	got, err = telemetry.Aggregate(a.ctx, a.store, AppA, 2, 24*time.Hour-time.Minute, noon)
	if err != nil {
		a.t.Fatal(err)
	}
	if got.Days[0].Sums != (telemetry.Sums{}) || got.Days[1].Sums != want[1] {
		a.t.Errorf("on a smaller plan: got %+v, want nothing and %+v", got.Days, want[1])
	}
}

// year is the longest retention.
const year = telemetry.MaxDays * 24 * time.Hour

// messages returns how many messages each of the last days had that had any.
func (a *archive) messages(of app.ID, days int) map[string]int64 {
	a.t.Helper()
	got, err := telemetry.Aggregate(a.ctx, a.store, of, days, year, a.clock.Now())
	if err != nil {
		a.t.Fatal(err)
	}
	found := map[string]int64{}
	for _, d := range got.Days {
		if d.Messages > 0 {
			found[d.Date] = d.Messages
		}
	}
	return found
}

func (a *archive) wantMessages(of app.ID, days int, want map[string]int64) {
	a.t.Helper()
	if got := a.messages(of, days); !maps.Equal(got, want) {
		a.t.Errorf("in %d days there were %v, want %v", days, got, want)
	}
}

func (a *archive) year() {
	const day = 24 * time.Hour
	midnight := a.clock.Now().Truncate(day)
	first := midnight.AddDate(0, 0, 1-telemetry.MaxDays)
	for _, at := range []time.Time{
		first.Add(-time.Millisecond), first, first.Add(day - time.Millisecond), // the day before a year, and a year ago
		midnight.Add(-day), midnight.Add(-day), midnight.Add(-time.Millisecond), midnight, midnight.Add(time.Millisecond), // yesterday and today
	} {
		a.record(event(at, "x"), 1000*day, true)
	}
	other := event(midnight, "x")
	other.App = AppB
	a.record(other, day, true)
	a.wantMessages(AppA, telemetry.MaxDays, map[string]int64{"2025-03-14": 2, "2026-03-13": 3, "2026-03-14": 2})
	a.wantMessages(AppA, 2, map[string]int64{"2026-03-13": 3, "2026-03-14": 2})
	a.wantMessages(AppA, 1, map[string]int64{"2026-03-14": 2})
	a.wantMessages(AppB, telemetry.MaxDays, map[string]int64{"2026-03-14": 1})
	a.wantMessages(NoSuch, 7, map[string]int64{})
}

// growing goes from noon into the next day, with an event every hour that
// lives for five and a half, and one in between that lives for minutes.
func (a *archive) growing() {
	var all []telemetry.Record
	for range 14 {
		a.clock.Advance(time.Hour)
		now := a.clock.Now()
		for life, at := range map[time.Duration]time.Time{5*time.Hour + 30*time.Minute: now, 7 * time.Minute: now.Add(-time.Second)} {
			e := event(at, "x")
			a.record(e, life, true)
			all = append(all, telemetry.Record{Event: e, Expires: at.Add(life)})
		}
		for _, later := range []time.Duration{0, 6 * time.Minute, 2 * time.Minute, 22 * time.Minute} {
			a.clock.Advance(later)
			want := map[string]int64{}
			for _, r := range all {
				if r.Readable(a.clock.Now()) {
					want[r.At.Format(time.DateOnly)]++
				}
			}
			a.wantMessages(AppA, 3, want)
		}
		a.clock.Advance(-30 * time.Minute)
	}
}
