package load

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table writes the report for a person: a line for each measure and number of subscribers, with the absolute values,
// then the ratios of the first target to each of the others.
func (r *Report) Table(w io.Writer) error {
	lines := [][]string{r.head()}
	last := ""
	for _, row := range r.Rows {
		if row.Measure.Key == extra.Key && row.allZero() {
			continue
		}
		title := row.Measure.Title + ", " + row.Measure.Unit
		if title == last {
			title = ""
		} else {
			last = title
		}
		lines = append(lines, row.cells(title))
	}
	if err := writeColumns(w, lines); err != nil {
		return err
	}
	return r.circumstances(w)
}

func (r *Report) head() []string {
	head := append([]string{"", "subscribers"}, r.Targets...)
	for i := 1; i < len(r.Targets); i++ {
		head = append(head, r.Targets[0]+" ÷ "+r.Targets[i])
	}
	return head
}

func (row *Row) cells(title string) []string {
	cells := []string{title, thousands(float64(row.Subscribers))}
	for _, cell := range row.Cells {
		text := "–"
		if cell != nil {
			text = figure(cell.Value)
		}
		cells = append(cells, text)
	}
	for _, ratio := range row.Ratios {
		text := ""
		if ratio != nil {
			text = strconv.FormatFloat(*ratio, 'f', 2, 64)
		}
		cells = append(cells, text)
	}
	return cells
}

func (row *Row) allZero() bool {
	for _, cell := range row.Cells {
		if cell != nil && cell.Value != 0 {
			return false
		}
	}
	return true
}

// writeColumns aligns the first column to the left, the others to the right.
func writeColumns(w io.Writer, lines [][]string) error {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		var text strings.Builder
		for i, cell := range line {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				text.WriteString(cell + space)
			} else {
				text.WriteString("  " + space + cell)
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(text.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// circumstances says under what conditions the figures came about.
func (r *Report) circumstances(w io.Writer) error {
	rounds := "One round"
	if r.Rounds > 1 {
		rounds = fmt.Sprintf("Medians of %d rounds", r.Rounds)
	}
	_, err := fmt.Fprintf(w, "\n%s, payload %d bytes, %d CPUs, %.0f s. Other processes took %.2f of a core (%.2f at most).\n",
		rounds, r.Payload, r.CPUs, r.Seconds, r.Others.Mean, r.Others.Most)
	if err == nil && r.Others.Mean > Noisy {
		_, err = fmt.Fprintln(w, "The machine was not quiet: the ratios are rough, and the absolute figures say little.")
	}
	return err
}

// figure writes a number with about three digits that mean something.
func figure(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 1:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return thousands(v)
}

// thousands writes a whole number with commas.
func thousands(v float64) string {
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
