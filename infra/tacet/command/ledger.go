package command

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// ledgerCommand shows the record of administrative requests.
type ledgerCommand struct {
	managed
	After int64 `placeholder:"N" help:"Show what comes after this number."`
}

func (ledgerCommand) example() string {
	return `  tacet ledger

Each download and each deletion that somebody has asked for, kept for a year,
without anything by which it could be told who that was. For whoever runs the
platform.
`
}

// ledgerRecord is an entry.
type ledgerRecord struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Request string    `json:"request"`
	Who     string    `json:"who"`
	Kind    string    `json:"kind"`
	Stage   string    `json:"stage"`
}

// Run shows it.
func (l ledgerCommand) Run(ctx context.Context, c *console) error {
	if l.After < 0 {
		return misused("--after begins at 0")
	}
	o, err := l.find()
	if err != nil {
		return err
	}
	query := url.Values{}
	if l.After > 0 {
		query.Set("after", strconv.FormatInt(l.After, 10))
	}
	return o.explain(ctx, list(c, l.JSON, o.client.List(ctx, "/v1/ledger", query), 0, "NUMBER WHEN KIND STAGE REQUEST WHO", "nobody has asked for anything", func(x ledgerRecord) []string {
		who := x.Who
		if len(who) > 12 {
			who = who[:12] + "…"
		}
		return []string{strconv.FormatInt(x.Seq, 10), day(x.At), x.Kind, x.Stage, x.Request, who}
	}))
}
