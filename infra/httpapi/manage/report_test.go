package manage_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/infra/httpapi/manage"
)

// recorded is a store of events that are all handed out.
type recorded []telemetry.Event

func (r recorded) Each(_ context.Context, _ app.ID, from, to, _ time.Time, f func(telemetry.Event) error) error {
	for _, e := range r {
		if e.At.Before(from) || !e.At.Before(to) {
			continue
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return nil
}

func (r recorded) Sum(ctx context.Context, of app.ID, from, to time.Time, _ telemetry.Span, now time.Time, add func(time.Time, *telemetry.Digest) error) error {
	return telemetry.SumEvents(ctx, r, of, from, to, now, add)
}

// reporting is an application of ann's with these events, of the day before.
type reporting struct {
	*rig
	ann, path string
}

func newReporting(t *testing.T, all recorded, change ...func(*manage.API)) *reporting {
	t.Helper()
	s := &reporting{}
	s.rig = newRig(t, append([]func(*manage.API){func(a *manage.API) {
		a.Reports = telemetry.Reports{Figures: all, App: a.Accounts.Application}
	}}, change...)...)
	for i := range all {
		all[i].At = s.clock().AddDate(0, 0, -1)
	}
	s.ann = s.signIn("ann")
	account := s.account(s.ann, `{}`)
	made := s.want(201, "", "POST", account+"/apps", `{"name":"shop","plan":"`+string(plan.Team)+`"}`, bearer(s.ann)...)
	_, id, _ := strings.Cut(made.Header().Get("Location"), "/apps/")
	s.path = "/v1/apps/" + id + "/report"
	return s
}

// onTopic is so many messages, each by somebody else.
func onTopic(name privacy.RecordedTopic, n int) (all recorded) {
	for i := range n {
		var who privacy.Anonymised
		if err := who.UnmarshalText(fmt.Appendf(nil, "truncate/1/203.0.%d.0/24", i)); err != nil {
			panic(err)
		}
		all = append(all, telemetry.Event{Topic: name, Size: 10, Subscribers: 2, TookMicros: 5, PublisherIP: who})
	}
	return all
}

func TestAReportIsJSON(t *testing.T) {
	s := newReporting(t, onTopic("chat", 6))
	w := s.want(200, "", "GET", s.path+"?by=topic", "", bearer(s.ann)...)
	var r telemetry.Report
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || len(r.Points) != 1 || r.MinGroup != 5 || r.Points[0].Topics.Rows[0].Messages != 6 {
		t.Errorf("%v: %s", err, w.Body)
	}
	if h := w.Header(); h.Get("Content-Type") != "application/json" || !strings.HasPrefix(h.Get("Cache-Control"), "private") || h.Get("Content-Disposition") != "" {
		t.Errorf("headers are %v", h)
	}
	s.want(200, `"zone":"Asia/Kolkata"`, "GET", s.path+"?zone=Asia/Kolkata&step=hour&from=2030-01-30T00:30:00%2B05:30", "", bearer(s.ann)...)
	s.want(200, `"codes":{"rows":[],"other":{"errors":0}}`, "GET", s.path+"?by=code&limit=3", "", bearer(s.ann)...)
	s.want(200, `"countries":{"rows":[]`, "GET", s.path+"?by=country&step=month", "", bearer(s.ann)...)
}

func TestAReportIsATableForSpreadsheets(t *testing.T) {
	all := append(onTopic("=SUM(A1)", 7), onTopic("-1,@x", 6)...)
	all = append(all, onTopic("plain", 5)...)
	s := newReporting(t, all)
	for _, way := range [][]string{{s.path + "?by=topic&format=csv"}, {s.path + "?by=topic", "Accept", "text/csv"}, {s.path + "?by=topic", "Accept", "text/csv;q=0.9, */*"}} {
		w := s.want(200, "", "GET", way[0], "", append(bearer(s.ann), way[1:]...)...)
		want := "start,end,topic,messages,deliveries,bytes\r\n" +
			"2030-01-25T00:00:00Z,2030-01-31T00:00:00Z,'=SUM(A1),7,14,70\r\n" +
			"2030-01-25T00:00:00Z,2030-01-31T00:00:00Z,\"'-1,@x\",6,12,60\r\n" +
			"2030-01-25T00:00:00Z,2030-01-31T00:00:00Z,plain,5,10,50\r\n" +
			"2030-01-25T00:00:00Z,2030-01-31T00:00:00Z,(other),0,0,0\r\n"
		if w.Body.String() != want {
			t.Errorf("got  %s\nwant %s", w.Body, want)
		}
		if h := w.Header(); !strings.HasPrefix(h.Get("Content-Type"), "text/csv; charset=utf-8") || !strings.HasPrefix(h.Get("Content-Disposition"), `attachment; filename="report-`) || !strings.HasSuffix(h.Get("Content-Disposition"), `.csv"`) {
			t.Errorf("headers are %v", h)
		}
	}
	for query, columns := range map[string]int{"": 16, "&by=country": 4, "&by=code": 4} {
		w := s.want(200, "", "GET", s.path+"?format=csv"+query, "", bearer(s.ann)...)
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || len(rows) < 2 || len(rows[0]) != columns {
			t.Errorf("%s: %v, %v", query, rows, err)
		}
	}
	s.want(200, `"points"`, "GET", s.path+"?format=json", "", append(bearer(s.ann), "Accept", "text/csv")...)
	s.want(200, `"points"`, "GET", s.path, "", append(bearer(s.ann), "Accept", "text/csv, application/json")...)
}

func TestAQueryThatCannotBeReportedIsToldWhy(t *testing.T) {
	s := newReporting(t, nil)
	for query, want := range map[string]string{
		"zone=Europe/Atlantis": "no such zone", "zone=Local": "no such zone", "zone=../etc/passwd": "zone is malformed", "zone=/etc/localtime": "no such zone",
		"from=2030-01-20&to=2030-01-10": "from must lie before to", "from=soon": "from must be a date", "to=2030-02-31": "to must be a date",
		"step=minute": "choose a longer step", "step=week": "minute, hour, day", "by=subject": "topic, country or code", "limit=0": "1 to 100", "limit=101": "1 to 100",
		"from=2020-01-01": "366 days", "from=2031-01-01&to=2031-01-02": "in the future", "by=topic&step=hour": "day, month or total", "by=country&zone=Asia/Tokyo": "leave zone out",
		"format=xml": "json or csv", "colour=red": "not known here", "step=day&step=hour": "there twice",
	} {
		s.want(400, want, "GET", s.path+"?"+query, "", bearer(s.ann)...)
	}
}

func TestReportsAreForWhoMayReadThem(t *testing.T) {
	s := newReporting(t, nil)
	stranger := s.signIn("bob")
	foreign := s.want(404, "no such application", "GET", s.path, "", bearer(stranger)...)
	absent := s.want(404, "no such application", "GET", "/v1/apps/"+strings.Repeat("0", 32)+"/report", "", bearer(stranger)...)
	if foreign.Body.String() != absent.Body.String() {
		t.Errorf("%s, and %s", foreign.Body, absent.Body)
	}
	s.want(401, "", "GET", s.path, "")
	without := newReporting(t, nil, func(a *manage.API) { a.Reports = telemetry.Reports{} })
	without.want(404, "no reports here", "GET", without.path, "", bearer(without.ann)...)
}
