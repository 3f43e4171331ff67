package command

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tacet/core/telemetry"
	"tacet/infra/apiclient"
)

// report shows what an application's telemetry came to.
type report struct {
	ofApp
	Days  int    `default:"7" placeholder:"N" help:"The last N days, today included; by topic or country the last N that are over."`
	From  string `placeholder:"WHEN" help:"Where to begin, in the place of --days: a date, or an instant as in 2026-03-31T08:00:00Z."`
	To    string `placeholder:"WHEN" help:"Where to end: a date, with that day, or an instant. Default: now."`
	Step  string `enum:",minute,hour,day,month,total" default:"" placeholder:"WORD" help:"A line for each minute, hour, day or month, or one in total. Default: day, and with --by total."`
	By    string `enum:",topic,country,code" default:"" placeholder:"WORD" help:"Divide it by topic, by the country of connections, or by the code of refusals."`
	Zone  string `placeholder:"NAME" help:"Where days begin at midnight, as in Europe/Berlin. Default: UTC."`
	Limit int    `default:"20" placeholder:"N" help:"Show so many topics, countries or codes at most; the others together."`
	CSV   bool   `name:"csv" xor:"form" help:"Print a table for spreadsheets (CSV)."`
}

func (report) example() string {
	return `  tacet report
  tacet report --by topic --days 30
  tacet report --by country --step day --from 2026-03-01 --to 2026-03-31
  tacet report --step hour --from 2026-03-29 --to 2026-03-29 --zone Europe/Berlin
  tacet report --by topic --csv >topics.csv

Topics and countries are shown for days (in UTC) that are over, where enough
different clients were on a topic or came from a country on that day: five, unless
whoever runs the platform says otherwise (tacet run --min-group). All else is
(other), so that nobody is singled out.
`
}

// Run shows it.
func (r report) Run(ctx context.Context, c *console) error {
	query, err := r.query(time.Now())
	if err != nil {
		return err
	}
	at, id, err := r.reach(ctx)
	if err != nil {
		return err
	}
	if r.CSV {
		query.Set("format", "csv")
	}
	answer, err := at.do(ctx, apiclient.Request{Method: http.MethodGet, Path: "/v1/apps/" + url.PathEscape(id) + "/report", Query: query})
	switch {
	case err != nil:
		return err
	case r.CSV:
		_, err := c.out.Write(answer.Body)
		return err
	case bool(r.JSON):
		return c.line(answer.Body)
	}
	var told telemetry.Report
	if err := answer.Into(&told); err != nil {
		return err
	}
	return c.report(told, isTerminal(c.out))
}

// query returns what to ask for.
func (r report) query(now time.Time) (url.Values, error) {
	if r.CSV && bool(r.JSON) {
		return nil, misused("--csv and --json exclude each other: say one of them")
	}
	if r.Days < 1 {
		return nil, misused("--days begins at 1")
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return nil, misused("there is no zone %q: it is a name such as Europe/Berlin", r.Zone)
	}
	from := r.From
	if from == "" && r.To == "" {
		first := 1 - r.Days
		if r.By == "topic" || r.By == "country" {
			first-- // today is not over
		}
		from = now.In(zone).AddDate(0, 0, first).Format(time.DateOnly)
	}
	if r.Step == "" && r.By != "" {
		r.Step = "total"
	}
	query := url.Values{}
	for name, value := range map[string]string{"from": from, "to": r.To, "step": r.Step, "by": r.By, "zone": r.Zone, "limit": strconv.Itoa(r.Limit)} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query, nil
}
