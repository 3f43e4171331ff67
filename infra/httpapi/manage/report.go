package manage

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are asked for by name where the machine has no list of them, as on Lambda

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/telemetry"
	"tacet/infra/httpapi/door"
)

const (
	reportPath = "/v1/apps/{app}/report"
	csvType    = "text/csv"
)

func (s *server) routeReport() {
	known(s, operation{
		id: "report", method: http.MethodGet, path: reportPath, tag: "reports", query: []string{"from", "to", "step", "by", "zone", "limit", "format"},
		summary: "Make a report",
		text: "What an application's telemetry came to, as far back as its plan keeps it; at most 1500 points. Groups by topic or country are told for whole days in UTC that are over: " +
			"a day after two minutes more, and as long as the plan keeps all of it. On each day, what is of fewer clients than minGroup is in other, and so are the smallest groups until that is of as many. " +
			"A topic is shown as well if a message on it reached at least four times minGroup connections at once. So nobody is singled out, not by subtracting answers either. " +
			"As CSV it is one table (RFC 4180), with a line for each point, or for each group in it; names that a spreadsheet would take for a formula have an apostrophe in front.",
		needs: account.ReadReports, download: csvType, answer: telemetry.Report{},
	}, s.report)
}

func (s *server) report(ctx context.Context, c *call) (*huma.StreamResponse, error) {
	me, of, err := s.Accounts.Reach(ctx, c.principal, c.path("app"), account.ReadReports)
	if err != nil {
		return nil, err
	}
	c.noteMember(me)
	if s.Reports.Figures == nil {
		return nil, &fault.Error{Kind: fault.NotFound, Text: "there are no reports here"}
	}
	q, err := c.reportQuery()
	if err != nil {
		return nil, err
	}
	r, err := s.Reports.Report(ctx, of.ID, q, s.now())
	if err != nil {
		return nil, door.Unavailable(err)
	}
	h := c.Header()
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Accept")
	if !c.wantsCSV() {
		data, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		return c.Stream("application/json", func(_ context.Context, w io.Writer) error {
			_, err := w.Write(data)
			return err
		}), nil
	}
	h.Set("Content-Disposition", `attachment; filename="`+fileName(r)+`"`)
	return c.Stream(csvType+"; charset=utf-8; header=present", func(_ context.Context, w io.Writer) error { return writeCSV(w, r) }), nil
}

// reportQuery returns what is asked for.
func (c *call) reportQuery() (telemetry.Query, error) {
	q := telemetry.Query{
		From: c.query.Get("from"), To: c.query.Get("to"), Step: telemetry.Step(c.query.Get("step")), By: telemetry.By(c.query.Get("by")),
	}
	q.Limit, _ = strconv.Atoi(c.query.Get("limit")) // its form was looked at
	var err error
	if q.Zone, err = time.LoadLocation(c.query.Get("zone")); err != nil || q.Zone == time.Local {
		return q, door.Invalid("there is no such zone: it is a name of the IANA time zone database, such as Europe/Berlin or UTC")
	}
	return q, nil
}

// wantsCSV reports whether the answer is to be CSV: format decides, and without
// it Accept.
func (c *call) wantsCSV() bool {
	if format := c.query.Get("format"); format != "" {
		return format == "csv"
	}
	accept := strings.ToLower(strings.Join(c.Request.Header.Values("Accept"), ","))
	return strings.Contains(accept, csvType) && !strings.Contains(accept, "application/json")
}

// fileName returns what a browser keeps the report as.
func fileName(r telemetry.Report) string {
	name := "report-" + string(r.App)
	if r.By != "" {
		name += "-by-" + string(r.By)
	}
	return name + "-" + r.From.Format("20060102") + "-" + r.To.Add(-1).Format("20060102") + ".csv"
}
