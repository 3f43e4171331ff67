package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"tacet/core/app"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/dynamo"
)

// belt is one part of an application, into which events are put.
type belt struct {
	t     *testing.T
	store *dynamo.Telemetry
	part  telemetry.Part
	now   time.Time
}

// at puts events that happened at these times after midnight.
func (b belt) at(times ...time.Duration) {
	b.t.Helper()
	for _, d := range times {
		e := telemetry.Event{Node: "n", App: b.part.App, Topic: "a", Size: 3, Subscribers: 2, At: b.midnight().Add(d)}
		must(b.t, b.store.PutIn(b.t.Context(), b.part.Number, telemetry.Record{Event: e, Expires: e.At.Add(48 * time.Hour)}))
	}
}

func (b belt) midnight() time.Time { return telemetry.Daily.Start(b.now) }

// roll tells store of an event that happened and was written at these times
// after midnight.
func (b belt) roll(store telemetry.Rollups, happened, written time.Duration) error {
	news := []telemetry.Written{{At: b.midnight().Add(happened), Written: b.midnight().Add(written)}}
	return telemetry.Roll(b.t.Context(), store, b.part, news, b.now)
}

// rolledUp returns what there is of the part.
func (b belt) rolledUp() string {
	b.t.Helper()
	var lines []string
	for _, span := range []telemetry.Span{telemetry.Minutely, telemetry.Hourly, telemetry.Daily} {
		all, err := b.store.Kept(b.t.Context(), b.part, span, b.now.AddDate(0, 0, -9), b.now.AddDate(0, 0, 9), b.now)
		must(b.t, err)
		for _, r := range all {
			lines = append(lines, fmt.Sprintf("%v from %s: %+v", time.Duration(r.Span), r.Start.Format("02 15:04"), r.Sums))
		}
	}
	return strings.Join(lines, "\n")
}

const hour = time.Hour

// What it costs is what package comments say: it is what the whole mechanism
// was chosen for.
func TestRollingUpCostsWhatItMay(t *testing.T) {
	m, now := new(meter), pubsubtest.NewClock().Now()
	table := table(t, "telemetry")
	s := dynamo.NewTelemetry(client(local.Endpoint, m.called), table)
	b := belt{t, s, telemetry.Part{App: pubsubtest.AppA, Number: 5}, now}
	want := func(what string, happened, written time.Duration, want string) {
		t.Helper()
		if got := bill(m.during(func() { must(t, b.roll(s, happened, written)) })); got != want {
			t.Errorf("%s costs %s, want %s", what, got, want)
		}
	}
	b.at(time.Hour)
	want("the first event", hour, hour, "2 Query telemetry")
	b.at(hour+time.Second, hour+2*time.Second)
	want("more in the same minute", hour+2*time.Second, hour+2*time.Second, "2 Query telemetry")
	b.at(hour + 3*time.Minute)
	want("a minute that is over", hour+3*time.Minute, hour+3*time.Minute, "1 PutItem telemetry, 2 Query telemetry")
	want("the same again", hour+3*time.Minute, hour+3*time.Minute, "1 Query telemetry")
	b.at(2 * hour)
	want("an hour that is not yet over", 2*hour, 2*hour, "1 PutItem telemetry, 2 Query telemetry")
	b.at(2*hour + 3*time.Minute)
	want("an hour that is over", 2*hour+3*time.Minute, 2*hour+3*time.Minute, "2 PutItem telemetry, 3 Query telemetry")
	want("news of what was counted long ago", hour, hour+time.Second, "1 Query telemetry")
	b.at(24*hour, 24*hour+3*time.Minute)
	want("a day that is over", 24*hour+3*time.Minute, 24*hour+3*time.Minute, "4 PutItem telemetry, 4 Query telemetry")
	b.at(hour + 30*time.Minute)
	want("an event a day late", hour+30*time.Minute, 24*hour, "3 PutItem telemetry, 7 Query telemetry")

	got := m.during(func() {
		_, err := telemetry.Aggregate(t.Context(), s, b.part.App, telemetry.MaxDays, 365*24*hour, now.Add(24*hour))
		must(t, err)
	})
	// Of each part until when it is closed, and the events behind; of the one
	// that has rollups the days, the hours of the first, whose beginning the plan has
	// ended, and the minutes: no hour of today is over.
	if got, want := bill(got), "21 Query telemetry"; got != want {
		t.Errorf("a report costs %s, want %s", got, want)
	}
}

// Whatever becomes of a request, what is rolled up in the end is the same.
func TestRollingUpSurvivesEveryFault(t *testing.T) {
	p, now := newProxy(t), pubsubtest.NewClock().Now()
	table := table(t, "telemetry")
	direct, proxied := dynamo.NewTelemetry(client(local.Endpoint, nil), table), dynamo.NewTelemetry(client(p.URL, nil), table)
	apps := 0
	begin := func() belt {
		apps++
		b := belt{t, direct, telemetry.Part{App: app.ID(fmt.Sprintf("%032x", apps)), Number: 5}, now}
		b.at(-30*hour, -2*hour, -2*hour+time.Second, hour)
		must(t, b.roll(direct, hour, hour))
		b.at(-2*hour+time.Minute, 2*hour) // the first of them late
		return b
	}
	roll := func(b belt) error {
		news := []telemetry.Written{
			{At: b.midnight().Add(-2*hour + time.Minute), Written: b.midnight().Add(2 * hour)},
			{At: b.midnight().Add(2 * hour), Written: b.midnight().Add(3 * hour)},
		}
		return telemetry.Roll(t.Context(), proxied, b.part, news, now)
	}
	clean := begin()
	p.strike(0, "")
	must(t, roll(clean))
	requests, _ := p.stop()
	want := clean.rolledUp()
	if len(requests) < 9 || !strings.Contains(want, "24h0m0s from 13 00:00") {
		t.Fatalf("%d requests made\n%s", len(requests), want)
	}
	for k, operation := range requests {
		for _, what := range []trouble{throttled, refused, lost, broken} {
			b := begin()
			p.strike(k+1, what)
			err := roll(b)
			if _, struck := p.stop(); err != nil || struck != 1 {
				t.Errorf("request %d, %s, %s: %v, struck %d times", k+1, operation, what, err, struck)
			}
			if got := b.rolledUp(); got != want {
				t.Errorf("request %d, %s, %s: there is\n%s\nwant\n%s", k+1, operation, what, got, want)
			}
		}
	}
}

// What stays throttled is said to be, and is begun again where it ended.
func TestRollingUpThatIsThrottledGoesOnLater(t *testing.T) {
	p, now := newProxy(t), pubsubtest.NewClock().Now()
	table := table(t, "telemetry")
	direct, proxied := dynamo.NewTelemetry(client(local.Endpoint, nil), table), dynamo.NewTelemetry(client(p.URL, nil), table)
	b := belt{t, direct, telemetry.Part{App: pubsubtest.AppA, Number: 5}, now}
	b.at(hour, 2*hour)
	p.strike(-1, throttled)
	err := b.roll(proxied, 2*hour, 3*hour)
	var api smithy.APIError
	if !errors.Is(err, dynamo.ErrThrottled) || errors.As(err, &api) || strings.Contains(err.Error(), "ann") {
		t.Errorf("got %v", err)
	}
	p.stop()
	must(t, b.roll(proxied, 2*hour, 3*hour))
	if got := b.rolledUp(); !strings.Contains(got, "1m0s from 14 02:00") || !strings.Contains(got, "1h0m0s from 14 01:00") {
		t.Errorf("there is\n%s", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := telemetry.Roll(ctx, direct, b.part, nil, now); !errors.Is(err, context.Canceled) {
		t.Errorf("when there is no time: %v", err)
	}
}

// A rollup holds what sums do, and a digest, and says when it ends; there is no
// room in it for anything else.
func TestARollupRestsWithoutAnythingElse(t *testing.T) {
	table, now := table(t, "telemetry"), pubsubtest.NewClock().Now()
	s := dynamo.NewTelemetry(client(local.Endpoint, nil), table)
	full := telemetry.Sums{Messages: 1, Deliveries: 2, Bytes: 3, DeliveredBytes: 4, Connections: 5, Disconnections: 6, Errors: 7}
	r := telemetry.Rollup{Span: telemetry.Hourly, Start: telemetry.Hourly.Start(now), Digest: telemetry.Digest{Sums: full, Codes: map[int]int64{40300: 7}}, Whole: now.Add(hour), Expires: now.Add(2 * hour)}
	must(t, s.Keep(t.Context(), telemetry.Part{App: pubsubtest.AppA, Number: 5}, r, now))
	may := map[string]bool{dynamo.Hash: true, dynamo.Range: true, dynamo.Expiry: true, "n": true, "whole": true, "digest": true}
	for i := range reflect.TypeFor[telemetry.Sums]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[telemetry.Sums]().Field(i).Tag.Get("json"), ",")
		may[name] = true
	}
	items := local.Scan(t, table)
	if len(items) != 1 || len(items[0]) != len(may) {
		t.Fatalf("there is %v", items)
	}
	for name := range items[0] {
		if !may[name] {
			t.Errorf("the attribute %s is in it", name)
		}
	}
	if pk, exp := show(items[0][dynamo.Hash]), show(items[0][dynamo.Expiry]); pk != `"r#`+string(pubsubtest.AppA)+`#5"` || exp != fmt.Sprint(now.Add(2*hour).Unix()) {
		t.Errorf("it lies at %s and ends at %s", pk, exp)
	}
}
