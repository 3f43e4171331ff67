package command

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"text/tabwriter"
	"time"

	"tacet/infra/apiclient"
)

// table prints rows under a heading, in columns; for none it says so to the
// person only.
func (c *console) table(heading string, rows [][]string, none string) error {
	if len(rows) == 0 {
		c.say("%s", none)
		return nil
	}
	w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(heading, " ", "\t"))
	for _, row := range rows {
		for i := range row {
			if row[i] = printable(row[i]); row[i] == "" {
				row[i] = "-"
			}
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// list prints what is listed: each as a line of JSON, or as a row.
func list[T any](c *console, asJSON asJSON, items iter.Seq2[json.RawMessage, error], most int, heading, none string, row func(T) []string) error {
	if asJSON {
		n := 0
		for raw, err := range items {
			if err != nil {
				return err
			}
			if err := c.line(raw); err != nil {
				return err
			}
			if n++; n == most {
				break
			}
		}
		return nil
	}
	all, err := apiclient.Collect[T](items, most)
	if err != nil {
		return err
	}
	rows := make([][]string, len(all))
	for i, one := range all {
		rows[i] = row(one)
	}
	return c.table(heading, rows, none)
}

// facts prints what is known of one thing, a line for each; what is "" is left
// out.
func (c *console) facts(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(c.out, "%-14s %s\n", pairs[i], printable(pairs[i+1]))
		}
	}
}

// day returns a time as people read it, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04")
}
