package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"tacet/core/telemetry"
)

// report prints a report for people, with bars where a terminal shows it.
func (c *console) report(r telemetry.Report, bars bool) error {
	if len(r.Points) == 0 {
		c.say("nothing is told of that time: %s", why(r))
		return nil
	}
	if r.By == "" {
		return c.figures(r, bars)
	}
	for i, p := range r.Points {
		if len(r.Points) > 1 || r.Step != telemetry.InTotal {
			if i > 0 {
				fmt.Fprintln(c.out)
			}
			fmt.Fprintln(c.out, label(r.Step, p.Start))
		}
		if err := c.groups(p, bars); err != nil {
			return err
		}
	}
	if r.MinGroup > 1 {
		c.say("%s to %s, UTC. On a day, what is of fewer than %d clients is in %s.",
			r.From.Format(time.DateOnly), r.To.Add(-1).Format(time.DateOnly), r.MinGroup, otherGroups)
	}
	return nil
}

// why returns why there is nothing.
func why(r telemetry.Report) string {
	if r.MinGroup > 0 {
		return "topics and countries are shown when a day (in UTC) is over, as long as the plan keeps all of it"
	}
	return "the plan does not keep telemetry for so long"
}

const otherGroups = "(other)"

// figures prints a line for each point.
func (c *console) figures(r telemetry.Report, bars bool) error {
	t := grid{head: []string{strings.ToUpper(string(r.Step)), "MESSAGES", "DELIVERIES", "BYTES", "CONNECTED", "OPEN", "CLIENTS", "ERRORS", "P50", "P99"}, bars: bars}
	for _, p := range r.Points {
		f := p.Figures
		if f == nil {
			continue
		}
		open, half, most := "-", "-", "-"
		if f.OpenAtMost != nil {
			open = humanize.Comma(*f.OpenAtMost)
		}
		if d := f.DeliveryMicros; d != nil {
			half, most = took(d.P50), took(d.P99)
		}
		clients := humanize.Comma(f.Clients)
		if f.ClientsError > 0 {
			clients = "~" + clients
		}
		t.add(f.Messages, label(r.Step, p.Start), humanize.Comma(f.Messages), humanize.Comma(f.Deliveries), size(f.Bytes), humanize.Comma(f.Connections), open,
			clients, humanize.Comma(f.Errors), half, most)
	}
	return t.write(c)
}

// groups prints a line for each group of a point.
func (c *console) groups(p telemetry.Point, bars bool) error {
	t := grid{bars: bars}
	switch {
	case p.Topics != nil:
		t.head = []string{"TOPIC", "MESSAGES", "DELIVERIES", "BYTES"}
		add := func(name string, x telemetry.TopicRest) {
			t.add(x.Messages, name, humanize.Comma(x.Messages), humanize.Comma(x.Deliveries), size(x.Bytes))
		}
		for _, x := range p.Topics.Rows {
			add(string(x.Topic), x.TopicRest)
		}
		if p.Topics.Other.Messages > 0 {
			add(otherGroups, p.Topics.Other)
		}
	case p.Countries != nil:
		t.head = []string{"COUNTRY", "CONNECTED"}
		for _, x := range p.Countries.Rows {
			t.add(x.Connections, x.Country, humanize.Comma(x.Connections))
		}
		if n := p.Countries.Other.Connections; n > 0 {
			t.add(n, otherGroups, humanize.Comma(n))
		}
	case p.Codes != nil:
		t.head = []string{"CODE", "ERRORS"}
		for _, x := range p.Codes.Rows {
			t.add(x.Errors, strconv.Itoa(x.Code), humanize.Comma(x.Errors))
		}
		if n := p.Codes.Other.Errors; n > 0 {
			t.add(n, otherGroups, humanize.Comma(n))
		}
	}
	return t.write(c)
}

// label returns when a point begins.
func label(step telemetry.Step, t time.Time) string {
	switch step {
	case telemetry.EachMinute, telemetry.EachHour:
		return t.Format("2006-01-02 15:04")
	case telemetry.EachDay:
		return t.Format("Mon 2006-01-02")
	case telemetry.EachMonth:
		return t.Format("2006-01")
	}
	return "since " + t.Format(time.DateOnly)
}

// took returns microseconds as people read them.
func took(micros int64) string {
	switch {
	case micros < 1000:
		return strconv.FormatInt(micros, 10) + "µs"
	case micros < 10_000:
		return strconv.FormatFloat(float64(micros)/1000, 'f', 1, 64) + "ms"
	}
	return strconv.FormatInt(micros/1000, 10) + "ms"
}

func size(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }

// grid is a table whose first column is a name, and whose others are numbers. A
// bar shows how large the first of them is.
type grid struct {
	head  []string
	rows  [][]string
	sizes []int64
	bars  bool
}

func (g *grid) add(size int64, cells ...string) {
	cells[0] = printable(cells[0])
	g.rows, g.sizes = append(g.rows, cells), append(g.sizes, size)
}

func (g *grid) write(c *console) error {
	if len(g.rows) == 0 {
		c.say("none")
		return nil
	}
	widths, largest := make([]int, len(g.head)), int64(1)
	for _, row := range append([][]string{g.head}, g.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, n := range g.sizes {
		largest = max(largest, n)
	}
	for i, row := range append([][]string{g.head}, g.rows...) {
		line := ""
		for j, cell := range row {
			space := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell))
			switch {
			case j == 0:
				line += cell + space
			default:
				line += "  " + space + cell
			}
			if j == 1 && g.bars {
				drawn := ""
				if i > 0 {
					drawn = bar(g.sizes[i-1], largest)
				}
				line += " " + drawn + strings.Repeat(" ", barWidth-utf8.RuneCountInString(drawn))
			}
		}
		if _, err := fmt.Fprintln(c.out, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}

const barWidth = 24

// bar returns a bar as long as n is a part of the largest, in eighths of a
// character; whatever is not nothing can be seen.
func bar(n, largest int64) string {
	eighths := int(float64(n) / float64(largest) * barWidth * 8)
	if n > 0 {
		eighths = max(eighths, 1)
	}
	drawn := strings.Repeat("█", eighths/8)
	if part := eighths % 8; part > 0 {
		drawn += string([]rune(" ▏▎▍▌▋▊▉")[part])
	}
	return drawn
}
