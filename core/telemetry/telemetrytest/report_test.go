package telemetrytest_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
)

// lived is a day that has passed, rolled up, and what its events came to.
type lived struct {
	*testing.T
	reports   telemetry.Reports
	now       time.Time
	sums      telemetry.Sums
	hours     [24]telemetry.Sums
	peak      int
	clients   map[privacy.Anonymised]bool
	topics    map[string]int64
	countries map[string]int64
	codes     map[int]int64
}

func live(t *testing.T, by int) *lived {
	m := &model{t: t}
	l := &lived{
		T: t, now: midnight.Add(25 * time.Hour), clients: map[privacy.Anonymised]bool{}, topics: map[string]int64{}, countries: map[string]int64{}, codes: map[int]int64{},
		reports: telemetry.Reports{Figures: m, App: func(context.Context, app.ID) (*app.App, error) { return &app.App{ID: tenant, Plan: plan.Business}, nil }},
	}
	d := telemetrytest.FullDay(tenant, midnight).Divided(by)
	for r := range d.Records() {
		m.Write(part(r.App), r)
		l.count(r.Event)
	}
	written := l.now.Add(-time.Second)
	if err := telemetry.Roll(t.Context(), m, part(d.App), []telemetry.Written{{At: written, Written: written}}, l.now); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lived) count(e telemetry.Event) {
	l.sums.Count(e)
	l.hours[e.At.Hour()].Count(e)
	for _, a := range []privacy.Anonymised{e.ClientIP, e.PublisherIP} {
		if a.Known() {
			l.clients[a] = true
		}
	}
	switch e.Topic {
	case telemetry.TopicConnect:
		l.peak = max(l.peak, e.Subscribers)
		if e.Country == "" {
			e.Country = "unknown"
		}
		l.countries[string(e.Country)]++
	case telemetry.TopicError:
		l.codes[e.Code]++
	case telemetry.TopicDisconnect:
	default:
		l.topics[string(e.Topic)]++
	}
}

// ask asks about the day.
func (l *lived) ask(step telemetry.Step, by telemetry.By) []telemetry.Point {
	l.Helper()
	day := midnight.Format(time.DateOnly)
	r, err := l.reports.Report(l.Context(), tenant, telemetry.Query{From: day, To: day, Step: step, By: by, Limit: telemetry.MaxRows}, l.now)
	if err != nil {
		l.Fatal(err)
	}
	return r.Points
}

// only asks for all of the day together.
func (l *lived) only(by telemetry.By) telemetry.Point {
	l.Helper()
	all := l.ask(telemetry.InTotal, by)
	if len(all) != 1 {
		l.Fatalf("there are %d points, want one", len(all))
	}
	return all[0]
}

// What a member is told of a day is what happened on it: exactly where that is
// promised, and within what the report itself states.
func TestWhatReportsSayOfADayHappened(t *testing.T) {
	l := live(t, 1000)
	f := l.only("").Figures
	if f.Sums != l.sums || f.OpenAtMost == nil || *f.OpenAtMost != int64(l.peak) {
		t.Errorf("got %+v, want %+v, at most %d open", f, l.sums, l.peak)
	}
	if n := float64(len(l.clients)); math.Abs(float64(f.Clients)-n) > 3*float64(f.ClientsError) {
		t.Errorf("%v clients are told as %d, give or take %d", n, f.Clients, f.ClientsError)
	}
	for i, p := range l.ask(telemetry.EachHour, "") {
		if p.Figures.Sums != l.hours[i] {
			t.Errorf("in hour %d there are %+v, want %+v", i, p.Figures.Sums, l.hours[i])
		}
	}
	codes := map[int]int64{}
	for _, row := range l.only(telemetry.PerCode).Codes.Rows {
		codes[row.Code] = row.Errors
	}
	if fmt.Sprint(codes) != fmt.Sprint(l.codes) {
		t.Errorf("refused are %v, want %v", codes, l.codes)
	}
}

func TestWhatReportsSayOfGroupsOnADayHappened(t *testing.T) {
	l := live(t, 1000)
	topics := l.only(telemetry.PerTopic).Topics
	sum := topics.Other.Messages
	for _, row := range topics.Rows {
		sum += row.Messages
		if n := l.topics[string(row.Topic)]; row.Messages > n || row.Messages+topics.Short < n {
			t.Errorf("%s has %d messages, short of %d, want %d", row.Topic, row.Messages, topics.Short, n)
		}
	}
	if sum != l.sums.Messages || len(topics.Rows) < 10 {
		t.Errorf("%d topics and others have %d messages, want %d", len(topics.Rows), sum, l.sums.Messages)
	}
	countries := l.only(telemetry.PerCountry).Countries
	sum = countries.Other.Connections
	for _, row := range countries.Rows {
		if sum += row.Connections; row.Connections != l.countries[row.Country] {
			t.Errorf("from %s came %d, want %d", row.Country, row.Connections, l.countries[row.Country])
		}
	}
	if sum != l.sums.Connections || len(countries.Rows) == 0 {
		t.Errorf("%d countries and others have %d connections, want %d", len(countries.Rows), sum, l.sums.Connections)
	}
}
