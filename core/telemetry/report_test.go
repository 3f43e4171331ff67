package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
)

// rolled is a store of one part with rollups.
type rolled struct{ *telemetrytest.Memory }

func (r rolled) Sum(ctx context.Context, _ app.ID, from, to time.Time, most telemetry.Span, now time.Time, add func(time.Time, *telemetry.Digest) error) error {
	return telemetry.SumPart(ctx, r.Memory, part, from, to, most, now, add)
}

// What is read of rollups is what single events come to, for whatever steps in
// whatever zone: no piece is read that lies in two of them.
func TestReportsOfRollupsAreThoseOfEvents(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 14))
	all, store := &events{}, new(telemetrytest.Memory)
	end := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for range 3000 {
		e := happening(random, 40, 12)
		e.At = end.Add(-time.Duration(random.Int64N(int64(40 * 24 * time.Hour))))
		all.all = append(all.all, e)
		store.Write(part, telemetry.Record{Event: e, Expires: e.At.Add(year)})
	}
	roll(t, store, part, all.all, end.Add(-5*time.Hour), end)
	for _, name := range []string{"UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"} {
		for _, q := range []telemetry.Query{
			{From: "2026-02-25", Step: telemetry.EachDay},
			{From: "2026-02-25", Step: telemetry.EachMonth},
			{From: "2026-02-25", Step: telemetry.InTotal},
			{From: "2026-03-20", Step: telemetry.EachHour},
			{From: "2026-03-30", Step: telemetry.EachMinute, To: "2026-03-30"},
			{From: "2026-03-28T13:14:15Z", Step: telemetry.EachHour},
			{From: "2026-03-01T01:02:03.5Z", To: "2026-03-30T04:05:06Z"},
			{From: "2026-03-01", By: telemetry.PerCode, Limit: 2},
			{From: "2026-02-25", By: telemetry.PerTopic},
			{From: "2026-02-25", By: telemetry.PerCountry, Step: telemetry.EachMonth},
		} {
			if q.Zone = zone(t, name); name != "UTC" && q.By != "" && q.By != telemetry.PerCode {
				continue
			}
			got, err := reports(rolled{store}).Report(t.Context(), part.App, q, end)
			want, also := reports(figures{all}).Report(t.Context(), part.App, q, end)
			if err != nil || also != nil || text(got) != text(want) {
				t.Errorf("%s, %+v: %v, %v\ngot  %.900s\nwant %.900s", name, q, err, also, text(got), text(want))
			}
			if n := len(got.Points); n == 0 {
				t.Errorf("%s, %+v: nothing is told", name, q)
			}
		}
	}
}

// roll keeps rollups of what was written before a time.
func roll(t *testing.T, store *telemetrytest.Memory, p telemetry.Part, all []telemetry.Event, until, now time.Time) {
	for _, e := range all {
		if e.At.Before(until) && e.At.After(until.Add(-time.Hour)) {
			if err := telemetry.Roll(t.Context(), store, p, []telemetry.Written{{At: e.At, Written: e.At}}, now); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("there is no event to roll up to")
}

func text(v any) string {
	data, err := json.Marshal(v)
	return fmt.Sprint(string(data), err)
}

func TestASummarySaysWhatIsKnown(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	at := func(e telemetry.Event) telemetry.Event { e.At = now; return e }
	store := &events{all: []telemetry.Event{
		at(telemetry.Event{Topic: "x", Size: 10, Subscribers: 2, TookMicros: 5, PublisherIP: network(1)}),
		at(telemetry.Event{Topic: "x", Size: 10, Subscribers: 2, TookMicros: 7, PublisherIP: network(2)}),
		at(telemetry.Event{Topic: telemetry.TopicConnect, Subscribers: 9, ClientIP: network(1)}),
		at(telemetry.Event{Topic: telemetry.TopicError, Code: 101}), at(telemetry.Event{Topic: telemetry.TopicError, Code: 99}), at(telemetry.Event{Topic: telemetry.TopicError, Code: 101}),
	}}
	r, err := reports(figures{store}).Report(t.Context(), "app", telemetry.Query{From: "2026-03-09"}, now)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"appId":"app","from":"2026-03-09T00:00:00Z","to":"2026-03-11T00:00:00Z","step":"day","zone":"UTC","points":[` +
		`{"start":"2026-03-09T00:00:00Z","end":"2026-03-10T00:00:00Z","figures":{"messages":0,"deliveries":0,"bytes":0,"deliveredBytes":0,"connections":0,"disconnections":0,"errors":0,` +
		`"openAtMost":null,"clients":0,"clientsError":0,"errorsByCode":[]}},` +
		`{"start":"2026-03-10T00:00:00Z","end":"2026-03-11T00:00:00Z","figures":{"messages":2,"deliveries":4,"bytes":20,"deliveredBytes":40,"connections":1,"disconnections":0,"errors":3,` +
		`"openAtMost":9,"clients":2,"clientsError":0,"deliveryMicros":{"p50":5,"p90":7,"p99":7,"max":7},"errorsByCode":[{"code":101,"errors":2},{"code":99,"errors":1}]}}]}<nil>`
	if text(r) != want {
		t.Errorf("got  %s\nwant %s", text(r), want)
	}
}

func TestManyClientsAreEstimatedWithTheirError(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	store := &events{}
	for i := range 5000 {
		store.all = append(store.all, telemetry.Event{Topic: "x", At: now, PublisherIP: network(i)})
	}
	a, err := telemetry.Aggregate(t.Context(), figures{store}, "app", 1, year, now)
	if d := a.Days[0]; err != nil || d.ClientsError < 100 || d.ClientsError > 130 || d.Clients < 5000-4*d.ClientsError || d.Clients > 5000+4*d.ClientsError {
		t.Errorf("got %+v, %v", a, err)
	}
}

// told are the events of one day, as groups are told of them the day after.
func told(t *testing.T, least int, by telemetry.By, limit int, all ...telemetry.Event) telemetry.Report {
	t.Helper()
	noon := monday.Add(12 * hour)
	for i := range all {
		all[i].At = noon
	}
	r := reports(figures{&events{all: all}})
	r.MinGroup = least
	report, err := r.Report(t.Context(), "app", telemetry.Query{By: by, Limit: limit, From: "2026-03-02", To: "2026-03-02"}, noon.Add(fullDay))
	if err != nil || len(report.Points) != 1 {
		t.Fatalf("got %+v, %v", report, err)
	}
	return report
}

// by returns messages on a topic, one by each of these people.
func by(name string, reach int, who ...int) (all []telemetry.Event) {
	for _, w := range who {
		all = append(all, telemetry.Event{Topic: privacy.RecordedTopic(name), Size: 10, Subscribers: reach, PublisherIP: network(w)})
	}
	return all
}

func joined(all ...[]telemetry.Event) (sum []telemetry.Event) {
	for _, x := range all {
		sum = append(sum, x...)
	}
	return sum
}

func TestTopicsOfTooFewAreTogether(t *testing.T) {
	for name, c := range map[string]struct {
		least, limit int
		events       []telemetry.Event
		want         string
	}{
		"enough":                 {3, 9, joined(by("a", 1, 1, 2, 3), by("b", 1, 1, 2, 3, 4)), "b 4, a 3, other 0"},
		"too few, but together":  {3, 9, joined(by("a", 1, 1, 2, 3), by("b", 1, 1, 2), by("c", 1, 3)), "a 3, other 3"},
		"too few, even together": {3, 9, joined(by("a", 1, 1, 2, 3), by("b", 1, 1, 2, 3, 4), by("c", 1, 9)), "b 4, other 4"},
		"the same person often":  {3, 9, by("a", 1, 1, 1, 1, 1), "other 4"},
		"all too few":            {3, 9, joined(by("a", 1, 1, 2), by("b", 1, 2, 1)), "other 4"},
		"it reaches many":        {3, 9, by("a", 12, 1), "a 1, other 0"},
		"it does not quite":      {3, 9, by("a", 11, 1), "other 1"},
		"the wide joins the few": {3, 9, joined(by("a", 12, 1), by("b", 1, 2)), "other 2"},
		"a limit":                {3, 1, joined(by("a", 1, 1, 2, 3), by("b", 1, 1, 2, 3, 4)), "b 4, other 3"},
		"nobody is known":        {3, 9, joined(by("a", 1, 1, 2, 3), []telemetry.Event{{Topic: "b"}}), "other 4"},
		"private ones":           {3, 9, by("priv/*", 1, 1, 2, 3), "priv/* 3, other 0"},
		"blinded ones":           {3, 9, by("~mF3k", 1, 1, 2, 3), "~mF3k 3, other 0"},
		"nobody is protected":    {1, 9, joined(by("a", 1, 1), []telemetry.Event{{Topic: "b"}}), "a 1, b 1, other 0"},
		"no more than sixteen":   {99, 9, joined(by("a", 1, upTo(16)...), by("b", 1, upTo(15)...)), "other 31"},
		"sixteen":                {99, 9, by("a", 1, upTo(16)...), "a 16, other 0"},
	} {
		table := told(t, c.least, telemetry.PerTopic, c.limit, c.events...).Points[0].Topics
		got, n := "", int64(0)
		for _, r := range append(table.Rows, telemetry.TopicRow{Topic: "other", TopicRest: table.Other}) {
			got += fmt.Sprintf(", %s %d", r.Topic, r.Messages)
			if n += r.Messages; r.Topic != "b" && r.Topic != "other" && r.Bytes != 10*r.Messages {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if got[2:] != c.want || n != int64(len(c.events)) {
			t.Errorf("%s: got %s, want %s", name, got[2:], c.want)
		}
	}
}

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

func TestCountriesOfTooFewAreTogether(t *testing.T) {
	var all []telemetry.Event
	for _, c := range []struct {
		country privacy.Country
		people  []int
	}{{"DE", []int{1, 2, 3}}, {"FR", []int{4}}, {"", []int{5, 6, 7, 8}}, {"IT", []int{9, 10}}} {
		for _, who := range c.people {
			all = append(all, telemetry.Event{Topic: telemetry.TopicConnect, Country: c.country, ClientIP: network(who)})
		}
	}
	r := told(t, 3, telemetry.PerCountry, 9, all...)
	want := `{"rows":[{"country":"unknown","connections":4},{"country":"DE","connections":3}],"other":{"connections":3}}<nil>`
	if text(r.Points[0].Countries) != want || r.MinGroup != 3 {
		t.Errorf("got  %s\nwant %s", text(r), want)
	}
}

// More topics than are told apart are in other, and how many a topic may lack is said.
func TestWhatWasNotToldApartIsInOther(t *testing.T) {
	var all []telemetry.Event
	for i := range 2 * telemetry.MaxTopics {
		all = append(all, by(fmt.Sprint("t", i), 1, i, i+1, i+2)...)
	}
	all = append(all, by("busy", 1, upTo(100)...)...)
	table := told(t, 3, telemetry.PerTopic, 100, all...).Points[0].Topics
	n := table.Other.Messages
	for _, r := range table.Rows {
		n += r.Messages
	}
	if n != int64(len(all)) || table.Short <= 0 || table.Rows[0].Topic != "busy" || table.Rows[0].Messages < 100-table.Short || table.Rows[0].Messages > 100 {
		t.Errorf("%d of %d are told: %+v", n, len(all), table)
	}
}

func TestLastDaysAreOver(t *testing.T) {
	all := joined(by("a", 1, 1, 2, 3))
	for i := range all {
		all[i].At = monday.Add(12 * hour)
	}
	r := reports(figures{&events{all: all}})
	r.MinGroup = 3
	for now, want := range map[time.Time]string{
		monday.Add(23 * hour):                             "2026-03-01 2026-03-01 0",
		monday.Add(fullDay + telemetry.Settle - 1):        "2026-03-01 2026-03-01 0",
		monday.Add(fullDay + telemetry.Settle):            "2026-03-02 2026-03-02 1",
		monday.Add(2*fullDay + telemetry.Settle - hour/2): "2026-03-02 2026-03-02 1",
	} {
		top, err := r.TopTopics(t.Context(), "app", 1, 0, now)
		if got := fmt.Sprint(top.From, " ", top.To, " ", len(top.Rows)); err != nil || got != want {
			t.Errorf("at %v: got %s, want %s; %v", now, got, want, err)
		}
	}
	r.MinGroup = 1 // today, too
	if top, err := r.TopTopics(t.Context(), "app", 2, 0, monday.Add(23*hour)); err != nil || top.To != "2026-03-02" || top.From != "2026-03-01" || len(top.Rows) != 1 {
		t.Errorf("with nobody to protect: %+v, %v", top, err)
	}
	for _, c := range []struct{ days, limit int }{{0, 1}, {367, 1}, {1, -1}, {1, 101}} {
		if _, err := r.TopTopics(t.Context(), "app", c.days, c.limit, monday); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := r.Heatmap(t.Context(), "app", 0, monday); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no days: %v", err)
	}
}

// While a plan becomes shorter, events go: what was read then is of no day.
func TestGroupsAreNotToldWhileThePlanChanges(t *testing.T) {
	r := reports(figures{&events{}})
	plans := []app.App{{Plan: plan.Team}, {Plan: plan.Free}}
	r.App = func(context.Context, app.ID) (*app.App, error) { a := plans[0]; plans = plans[1:]; return &a, nil }
	if _, err := r.Heatmap(t.Context(), "app", 7, monday); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	plans = []app.App{{Plan: plan.Team}, {Plan: plan.Team, Former: app.Former{Until: monday, Retention: fullDay}}}
	if _, err := r.Heatmap(t.Context(), "app", 7, monday); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("shorter, and as it was: got %v", err)
	}
}

func TestAFailureGivesNoReport(t *testing.T) {
	broken := errors.New("broken")
	now := monday.Add(9 * fullDay)
	for name, r := range map[string]telemetry.Reports{
		"store":     reports(figures{&events{err: broken}}),
		"directory": {Figures: figures{&events{}}, App: func(context.Context, app.ID) (*app.App, error) { return nil, broken }},
	} {
		for _, by := range []telemetry.By{"", telemetry.PerTopic, telemetry.PerCountry, telemetry.PerCode} {
			if _, err := r.Report(t.Context(), "app", telemetry.Query{By: by}, now); !errors.Is(err, broken) {
				t.Errorf("%s, by %q: %v", name, by, err)
			}
		}
		if _, err := r.TopTopics(t.Context(), "app", 3, 0, now); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
