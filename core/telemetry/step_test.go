package telemetry_test

import (
	"context"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // core is given zones; tests have them wherever they run

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/plan"
	"tacet/core/telemetry"
)

func zone(t *testing.T, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// reports are those over a store, of an application that keeps telemetry for a
// year.
func reports(store telemetry.Figures) telemetry.Reports {
	return telemetry.Reports{Figures: store, App: appOf(plan.Business)}
}

// starts returns when the points of an empty report begin and the last one ends.
func starts(t *testing.T, now time.Time, q telemetry.Query) string {
	t.Helper()
	r, err := reports(figures{&events{}}).Report(t.Context(), "app", q, now)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i, p := range r.Points {
		if all = append(all, p.Start.Format("02T15:04Z07")); i > 0 && !p.Start.Equal(r.Points[i-1].End) {
			t.Errorf("%v does not follow %v", p.Start, r.Points[i-1].End)
		}
	}
	if len(r.Points) > 0 && (!r.From.Equal(r.Points[0].Start) || !r.To.Equal(r.Points[len(r.Points)-1].End)) {
		t.Errorf("from %v to %v are points from %v", r.From, r.To, all)
	}
	return strings.Join(append(all, r.To.Format("02T15:04Z07")), " ")
}

func TestStepsAreThoseOfTheClockOnTheWall(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		zone, from, to string
		step           telemetry.Step
		want           string
	}{
		"days of 23 hours":             {"Europe/Berlin", "2026-03-28", "2026-03-30", "day", "28T00:00+01 29T00:00+01 30T00:00+02 31T00:00+02"},
		"days of 25 hours":             {"Europe/Berlin", "2026-10-24", "2026-10-26", "day", "24T00:00+02 25T00:00+02 26T00:00+01 27T00:00+01"},
		"a day without a midnight":     {"Africa/Cairo", "2026-04-23", "2026-04-25", "day", "23T00:00+02 24T01:00+03 25T00:00+03 26T00:00+03"},
		"a day with two midnights":     {"America/Havana", "2026-10-31", "2026-11-01", "day", "31T00:00-04 01T00:00-04 02T00:00-05"},
		"a midnight that comes back":   {"Africa/Cairo", "2026-10-29", "2026-10-30", "day", "29T00:00+03 30T00:00+02 31T00:00+02"},
		"hours that are left out":      {"Europe/Berlin", "2026-03-29T00:00:00+01:00", "2026-03-29T04:00:00+02:00", "hour", "29T00:00+01 29T01:00+01 29T03:00+02 29T04:00+02"},
		"hours that come twice":        {"Europe/Berlin", "2026-10-25T01:00:00+02:00", "2026-10-25T03:00:00+01:00", "hour", "25T01:00+02 25T02:00+02 25T02:00+01 25T03:00+01"},
		"hours from half to half":      {"Asia/Kolkata", "2026-03-01T00:15:00+05:30", "2026-03-01T02:00:00+05:30", "hour", "01T00:15+05 01T01:00+05 01T02:00+05"},
		"a change by half an hour":     {"Australia/Lord_Howe", "2026-04-05T00:00:00+11:00", "2026-04-05T03:00:00+10:30", "hour", "05T00:00+11 05T01:00+11 05T01:30+10 05T02:00+10 05T03:00+10"},
		"minutes":                      {"Asia/Kathmandu", "2026-03-01T00:00:30+05:45", "2026-03-01T00:02:00+05:45", "minute", "01T00:00+05 01T00:01+05 01T00:02+05"},
		"months":                       {"Europe/Berlin", "2026-02-15", "2026-04-02", "month", "15T00:00+01 01T00:00+01 01T00:00+02 03T00:00+02"},
		"a month that begins at 01:00": {"America/Asuncion", "2026-02-28", "2026-03-01", "month", "28T00:00-03 01T00:00-03 02T00:00-03"},
		"the total":                    {"Europe/Berlin", "2026-02-15", "2026-04-02", "total", "15T00:00+01 03T00:00+02"},
	} {
		got := starts(t, now, telemetry.Query{From: c.from, To: c.to, Step: c.step, Zone: zone(t, c.zone)})
		if got != c.want {
			t.Errorf("%s: got  %s\nwant %s", name, got, c.want)
		}
	}
}

// Every instant is in one step, and none is longer than it may be.
func TestStepsFollowEachOtherInEveryZone(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "Africa/Cairo", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "America/St_Johns", "Asia/Tehran", "Pacific/Chatham", "America/Santiago", "Africa/Casablanca", "Atlantic/Azores", "America/Scoresbysund", "Antarctica/Troll", "Asia/Gaza"} {
		z := zone(t, name)
		now := time.Date(2027, 1, 1, 0, 0, 0, 0, z)
		for step, longest := range map[telemetry.Step]time.Duration{telemetry.EachDay: 26 * time.Hour, telemetry.EachMonth: 31*24*time.Hour + 2*time.Hour} {
			r, err := reports(figures{&events{}}).Report(t.Context(), "app", telemetry.Query{From: "2026-01-02", To: "2026-12-31", Step: step, Zone: z}, now)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[telemetry.Step]int{telemetry.EachDay: 364, telemetry.EachMonth: 12}[step]; len(r.Points) != want {
				t.Errorf("%s: %d points, one for each %s", name, len(r.Points), step)
			}
			for i, p := range r.Points {
				if d := p.End.Sub(p.Start); d <= 0 || d > longest || i > 0 && p.Start.Day() == r.Points[i-1].Start.Day() && step == telemetry.EachDay {
					t.Errorf("%s: a %s from %v to %v", name, step, p.Start, p.End)
				}
			}
		}
	}
}

func TestAReportEndsWithTheStepOfNowAndBeginsWithTheRetention(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		q    telemetry.Query
		want string
	}{
		"the last seven days": {telemetry.Query{}, "04T00:00Z 05T00:00Z 06T00:00Z 07T00:00Z 08T00:00Z 09T00:00Z 10T00:00Z 11T00:00Z"},
		"before a day":        {telemetry.Query{To: "2026-03-05", Step: "total"}, "27T00:00Z 06T00:00Z"},
		"into the future":     {telemetry.Query{From: "2026-03-10T11:10:00Z", To: "2027-01-01", Step: "hour"}, "10T11:10Z 10T12:00Z 10T13:00Z"},
	} {
		if got := starts(t, now, c.q); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", name, got, c.want)
		}
	}
	store := &events{}
	free := telemetry.Reports{Figures: figures{store}, App: appOf(plan.Free)} // a day
	r, err := free.Report(t.Context(), "app", telemetry.Query{Step: "day"}, now)
	if err != nil || len(r.Points) != 2 || !r.From.Equal(now.AddDate(0, 0, -1)) || !store.asked.from.Equal(r.From) || !store.asked.to.Equal(r.To) {
		t.Errorf("got %+v, %v; read %+v", r, err, store.asked)
	}
	r, err = free.Report(t.Context(), "app", telemetry.Query{From: "2026-03-01", To: "2026-03-02"}, now)
	if err != nil || len(r.Points) != 0 || r.Points == nil || !r.From.Equal(r.To) {
		t.Errorf("what is gone came to %+v, %v", r, err)
	}
}

func appOf(p plan.Name) func(ctx context.Context, of app.ID) (*app.App, error) {
	return func(_ context.Context, of app.ID) (*app.App, error) { return &app.App{ID: of, Plan: p}, nil }
}

func TestAQueryThatCannotBeAnsweredIsToldWhy(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 30, 0, 0, time.UTC)
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		q    telemetry.Query
		want string // a part of the text
	}{
		{telemetry.Query{Step: "week"}, "step must be minute, hour"},
		{telemetry.Query{By: "subject"}, "by must be topic, country or code"},
		{telemetry.Query{From: "yesterday"}, "from must be a date"},
		{telemetry.Query{To: "2026-02-30"}, "to must be a date"},
		{telemetry.Query{From: "2026-03-05", To: "2026-03-04"}, "from must lie before to"},
		{telemetry.Query{From: "2026-03-05T00:00:00Z", To: "2026-03-05T00:00:00Z"}, "from must lie before to"},
		{telemetry.Query{From: "2026-03-11", To: "2026-03-12"}, "from lies in the future"},
		{telemetry.Query{From: "2025-01-01"}, "366 days"},
		{telemetry.Query{Limit: -1}, "limit must lie"},
		{telemetry.Query{Limit: 101}, "limit must lie"},
		{telemetry.Query{Step: "minute"}, "more than 1500 points, one for each minute: choose a longer step"},
		{telemetry.Query{By: "topic", Step: "hour"}, "step must be day, month or total"},
		{telemetry.Query{By: "country", Step: "minute"}, "step must be day, month or total"},
		{telemetry.Query{By: "topic", Zone: berlin}, "leave zone out"},
		{telemetry.Query{By: "country", Zone: zone(t, "Europe/London"), From: "2025-07-01", To: "2026-01-01"}, "leave zone out"},
	} {
		_, err := reports(figures{&events{}}).Report(t.Context(), "app", c.q, now)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Public(err).Text, c.want) {
			t.Errorf("%+v: %v, want a word about %q", c.q, err, c.want)
		}
	}
}
