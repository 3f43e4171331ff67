package dynamo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/dynamo"
)

// shown is what it takes to look at an application's list.
type shown struct {
	t     *testing.T
	store *dynamo.Telemetry
	table string
	now   time.Time
}

var noted = telemetry.Part{App: pubsubtest.AppA, Number: 3}

func (s *shown) event(at time.Time, retention time.Duration) {
	s.t.Helper()
	e := telemetry.Event{Node: "n", App: noted.App, Topic: "a", At: at}
	must(s.t, s.store.PutIn(s.t.Context(), noted.Number, telemetry.Record{Event: e, Expires: at.Add(retention)}))
}

func (s *shown) want(when string, now time.Time, want ...app.ID) {
	s.t.Helper()
	got, err := s.store.Known(s.t.Context(), now)
	must(s.t, err)
	if !slices.Equal(got, want) {
		s.t.Errorf("%s, at %v: %v have telemetry, want %v", when, now, got, want)
	}
}

func newShown(t *testing.T, called func(dynamo.Call)) *shown {
	s := &shown{t: t, table: table(t, "telemetry"), now: pubsubtest.NewClock().Now().Add(123456789)}
	s.store = dynamo.NewTelemetry(client(local.Endpoint, called), s.table)
	return s
}

func TestAnApplicationIsListedAsLongAsItHasTelemetry(t *testing.T) {
	m := new(meter)
	s := newShown(t, m.called)
	note := func(now time.Time, want string) {
		t.Helper()
		if got := bill(m.during(func() { must(t, s.store.Note(t.Context(), noted, now)) })); got != want {
			t.Errorf("at %v it costs %q, want %q", now, got, want)
		}
	}
	const first = "1 PutItem telemetry, 1 Query telemetry"
	note(s.now, "1 Query telemetry") // news of what is gone
	s.want("without events", s.now)
	s.event(s.now, week)
	note(s.now, first)
	note(s.now.Add(time.Hour), "")
	s.want("with one", s.now, noted.App)

	end := telemetry.Daily.Start(s.now).Add(24*hour + week)
	s.want("when the last of the day ends", end.Add(-time.Second-1), noted.App)
	s.want("afterwards", end)
	s.event(s.now.Add(24*hour), week)
	note(s.now.Add(24*hour), first)
	s.want("because of the next day", end, noted.App)
	s.event(s.now.Add(24*hour+time.Minute), hour) // on a smaller plan
	must(t, dynamo.NewTelemetry(client(local.Endpoint, nil), s.table).Note(t.Context(), noted, s.now.Add(24*hour)))
	s.want("when somebody says less", end.Add(23*hour), noted.App)
}

func TestTheListFollowsThePlan(t *testing.T) {
	s := newShown(t, nil)
	s.event(s.now, week)
	must(t, s.store.Note(t.Context(), noted, s.now))
	midnight := telemetry.Daily.Start(s.now).Add(24 * hour)
	for _, retention := range []time.Duration{2 * week, 3 * 24 * hour, week, week} {
		p := &past{t: t, now: s.now}
		if n, _ := p.all(s.store, p.restamp(retention)); n != 1 {
			t.Errorf("%d events were stamped", n)
		}
		s.want("stamped anew", midnight.Add(retention-time.Second-1), noted.App)
		s.want("stamped anew", midnight.Add(retention))
	}
}

// Whoever dies while he erases leaves it to be known that there is something.
func TestTheListIsErasedAfterEverythingElse(t *testing.T) {
	dynamo.Sweeping(t, 20)
	p := newPast(t, 100)
	must(t, p.direct.Note(t.Context(), telemetry.Part{App: pubsubtest.AppA}, p.now))
	must(t, p.direct.Note(t.Context(), telemetry.Part{App: pubsubtest.AppB}, p.now))
	calls := 0
	for from := ""; calls == 0 || from != ""; calls++ {
		var err error
		_, from, err = p.direct.Erase(t.Context(), pubsubtest.AppA, from)
		must(t, err)
		events, rollups, _ := p.rest()
		known, err := p.direct.Known(t.Context(), p.now)
		must(t, err)
		if listed := slices.Contains(known, pubsubtest.AppA); !listed && events+rollups > 0 || !slices.Contains(known, pubsubtest.AppB) {
			t.Fatalf("after %d calls %d events and %d rollups are left, and listed are %v", calls+1, events, rollups, known)
		}
	}
	for _, i := range local.Scan(t, p.table) {
		if text := show(i[dynamo.Hash]) + show(i[dynamo.Range]); strings.Contains(text, string(pubsubtest.AppA)) {
			t.Errorf("after %d calls %s is left", calls, text)
		}
	}
}
