package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/topic"
)

func TestNoTopicOfAnApplicationLooksLikeAConnection(t *testing.T) {
	for _, n := range []privacy.RecordedTopic{telemetry.TopicConnect, telemetry.TopicDisconnect} {
		if _, err := topic.Parse(string(n)); err == nil {
			t.Errorf("%s can be a topic", n)
		}
	}
}

func TestARecordIsReadableUntilItExpires(t *testing.T) {
	end := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := telemetry.Record{Expires: end}
	if !r.Readable(end.Add(-1)) || r.Readable(end) || r.Readable(end.Add(1)) {
		t.Error("it is not readable exactly until it expires")
	}
}

func TestAnEventLeavesOutWhatItDoesNotHave(t *testing.T) {
	e := telemetry.Event{Node: "n", App: "a", Topic: "main", Size: 3, Subscribers: 2, At: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)}
	if err := e.ClientIP.UnmarshalText([]byte("truncate/1/203.0.113.0/24")); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(e)
	want := `{"node":"n","app":"a","clientIp":"truncate/1/203.0.113.0/24","size":3,"topic":"main","subscribers":2,"at":"2026-01-02T03:04:05.006Z"}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

// events are what Each hands out, whatever is asked for; asked is what was.
type events struct {
	all   []telemetry.Event
	asked struct {
		of            app.ID
		from, to, now time.Time
	}
	err error
}

func (e *events) Each(_ context.Context, of app.ID, from, to, now time.Time, f func(telemetry.Event) error) error {
	e.asked.of, e.asked.from, e.asked.to, e.asked.now = of, from, to, now
	for _, x := range e.all {
		if err := f(x); err != nil {
			return err
		}
	}
	return e.err
}

// figures are a store's that keeps no sums.
type figures struct{ *events }

func (f figures) Sum(ctx context.Context, of app.ID, from, to time.Time, most telemetry.Span, now time.Time, add func(time.Time, *telemetry.Digest) error) error {
	return telemetry.SumEvents(ctx, f.events, of, from, to, now, add)
}

func TestSumsAreByDayInUTC(t *testing.T) {
	// Half past midnight in Kolkata is still the day before in UTC.
	now := time.Date(2026, 3, 2, 0, 30, 0, 0, time.FixedZone("IST", 5*3600+1800))
	today := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	message := telemetry.Event{Topic: "main", Size: 100, Subscribers: 7}
	at := func(e telemetry.Event, t time.Time) telemetry.Event { e.At = t; return e }
	store := &events{all: []telemetry.Event{
		at(message, today),
		at(telemetry.Event{Topic: "secure/inbound", Size: 1, Subscribers: 0}, today.Add(24*time.Hour-1)),
		at(message, today.Add(-1)),
		at(telemetry.Event{Topic: telemetry.TopicConnect}, today.AddDate(0, 0, -2)),
		at(telemetry.Event{Topic: telemetry.TopicConnect}, today.AddDate(0, 0, -2)),
		at(telemetry.Event{Topic: telemetry.TopicDisconnect}, today.AddDate(0, 0, -2)),
		at(message, today.AddDate(0, 0, -3)), // handed out by mistake: before the span
		at(message, today.AddDate(0, 0, 1)),  // and after
	}}
	got, err := telemetry.Aggregate(t.Context(), figures{store}, "app", 3, year, now)
	if err != nil {
		t.Fatal(err)
	}
	want := telemetry.Aggregates{App: "app", From: "2026-02-27", To: "2026-03-01", Days: []telemetry.Day{
		{Date: "2026-02-27", Summary: telemetry.Summary{Sums: telemetry.Sums{Connections: 2, Disconnections: 1}}},
		{Date: "2026-02-28", Summary: telemetry.Summary{Sums: telemetry.Sums{Messages: 1, Deliveries: 7, Bytes: 100, DeliveredBytes: 700}}},
		{Date: "2026-03-01", Summary: telemetry.Summary{Sums: telemetry.Sums{Messages: 2, Deliveries: 7, Bytes: 101, DeliveredBytes: 700}}},
	}}
	if got.App != want.App || got.From != want.From || got.To != want.To || !slices.EqualFunc(got.Days, want.Days, func(a, b telemetry.Day) bool { return a.Date == b.Date && a.Sums == b.Sums }) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if a := store.asked; a.of != "app" || !a.from.Equal(today.AddDate(0, 0, -2)) || !a.to.Equal(today.AddDate(0, 0, 1)) || !a.now.Equal(now) {
		t.Errorf("asked for %+v", a)
	}
}

// A plan that was just left may have stamped events to be readable for longer.
func TestSumsReachBackAsFarAsThePlanDoes(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	store := &events{}
	for retention, from := range map[time.Duration]time.Time{
		24 * time.Hour: now.AddDate(0, 0, -1), year: time.Date(2026, 2, 23, 0, 0, 0, 0, time.UTC),
	} {
		got, err := telemetry.Aggregate(t.Context(), figures{store}, "app", 7, retention, now)
		if err != nil || len(got.Days) != 7 || !store.asked.from.Equal(from) {
			t.Errorf("kept for %v, events are read from %v on: %+v, %v", retention, store.asked.from, got, err)
		}
	}
}

const year = 365 * 24 * time.Hour

func TestSumsReachBackADayToAYear(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for days, ok := range map[int]bool{-1: false, 0: false, 1: true, telemetry.MaxDays: true, telemetry.MaxDays + 1: false} {
		got, err := telemetry.Aggregate(t.Context(), figures{&events{}}, "app", days, year, now)
		if ok && (err != nil || len(got.Days) != days) || !ok && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d days: %d, %v", days, len(got.Days), err)
		}
	}
}

func TestAStoreThatFailsGivesNoSums(t *testing.T) {
	broken := errors.New("broken")
	_, err := telemetry.Aggregate(t.Context(), figures{&events{err: broken}}, "app", 1, year, time.Unix(0, 0))
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
