package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"tacet/core/telemetry"
	"tacet/core/wire"
)

// live shows what happens in an application.
type live struct {
	ofApp
	Count int `short:"n" placeholder:"N" help:"End after so many events; 0, the default, sets no end."`
}

func (live) example() string {
	return `  tacet live
  tacet live --json --count 10 | jq .messages

On a terminal a table that is always the latest; elsewhere a line for each
second, or few. Topics have the names under which they are recorded. In a
browser the same is at /v1/apps/APP/live.
`
}

// errShown says that as many events as were asked for have come.
var errShown = errors.New("enough")

// Run looks on until somebody or something ends it.
func (l live) Run(ctx context.Context, c *console) error {
	if l.Count < 0 {
		return misused("--count must not be negative")
	}
	r, id, err := l.reach(ctx)
	if err != nil {
		return err
	}
	show := c.liveLine
	switch {
	case bool(l.JSON):
		show = nil
	case isTerminal(c.out):
		show = c.liveTable
	}
	n := 0
	err = r.client.Events(ctx, "/v1/apps/"+url.PathEscape(id)+"/live", func(data json.RawMessage) error {
		if show == nil {
			if err := c.line(data); err != nil {
				return err
			}
		} else {
			var f telemetry.Live
			if json.Unmarshal(data, &f) != nil || f.Seconds < 1 {
				return errors.New("the server's answer cannot be read: is this the API of a Tacet?")
			}
			if err := show(&f); err != nil {
				return err
			}
		}
		if n++; n == l.Count {
			return errShown
		}
		return nil
	})
	if errors.Is(err, errShown) || ctx.Err() != nil { // interrupted: that is how it is meant to end
		return nil
	}
	return r.explain(ctx, err)
}

// perSecond is how many there were in a second.
func perSecond(n int64, f *telemetry.Live) string {
	if n%int64(f.Seconds) == 0 {
		return strconv.FormatInt(n/int64(f.Seconds), 10)
	}
	return strconv.FormatFloat(float64(n)/float64(f.Seconds), 'f', 1, 64)
}

// refusals lists codes with their names, and how often each was.
func refusals(f *telemetry.Live) (all []string) {
	for _, code := range slices.Sorted(maps.Keys(f.Errors)) {
		name := strconv.Itoa(code)
		if i := slices.IndexFunc(wire.Catalogue, func(e wire.Entry) bool { return int(e.Code) == code }); i >= 0 {
			name += " " + wire.Catalogue[i].Name
		}
		all = append(all, fmt.Sprintf("%d × %s", f.Errors[code], name))
	}
	return all
}

// liveLine prints figures as one line.
func (c *console) liveLine(f *telemetry.Live) error {
	line := fmt.Sprintf("%s  messages %s/s  deliveries %s/s  bytes %s/s  open %d  came %d  went %d",
		f.At.Format("15:04:05"), perSecond(f.Messages, f), perSecond(f.Deliveries, f), perSecond(f.Bytes, f), f.Open, f.Connects, f.Disconnects)
	if all := refusals(f); len(all) > 0 {
		line += "  refused " + strings.Join(all, ", ")
	}
	_, err := fmt.Fprintln(c.out, line)
	return err
}

// liveTopics is how many topics fit a terminal.
const liveTopics = 15

// liveTable prints figures in the place of those before.
func (c *console) liveTable(f *telemetry.Live) error {
	var b strings.Builder
	b.WriteString("\x1b[H\x1b[2J")
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s UTC\t(%d s)\n\n", f.At.Format("15:04:05"), f.Seconds)
	fmt.Fprintf(w, "messages\t%s/s\ndeliveries\t%s/s\npayload\t%s bytes/s\n", perSecond(f.Messages, f), perSecond(f.Deliveries, f), perSecond(f.Bytes, f))
	fmt.Fprintf(w, "connections\t%d\t+%d −%d\n", f.Open, f.Connects, f.Disconnects)
	for _, r := range refusals(f) {
		fmt.Fprintf(w, "refused\t%s\n", r)
	}
	fmt.Fprintln(w)
	if len(f.Topics) > 0 {
		fmt.Fprintln(w, "TOPIC\tMESSAGES\tDELIVERIES\tBYTES\tLARGEST\tSUBSCRIBERS")
	}
	for _, t := range f.Topics[:min(len(f.Topics), liveTopics)] {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\n", printable(string(t.Topic)), t.Messages, t.Deliveries, t.Bytes, t.Largest, t.Subscribers)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(c.out, b.String())
	return err
}
