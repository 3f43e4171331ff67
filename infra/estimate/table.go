package estimate

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
)

// Table writes the bill for a person, the dearest line marked with a bar that
// fills the width.
func (b Bill) Table(w io.Writer) error {
	const width = 20
	most := 0.0
	for _, l := range b.Lines {
		most = max(most, l.Cost)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, l := range b.Lines {
		bar := ""
		if most > 0 {
			bar = strings.Repeat("█", int(l.Cost/most*width+0.5))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t× $%s\t$%s\t %s\n", left(l.Service, 13), left(l.What, 38),
			amount(l.Quantity), strconv.FormatFloat(l.Price, 'f', -1, 64), dollars(l.Cost), bar)
	}
	fmt.Fprintf(t, "%s\t\t\t\t$%s\t\n", left("A month", 13), dollars(b.Total))
	return t.Flush()
}

// left fills a column to its width, since the writer aligns to the right.
func left(s string, width int) string { return fmt.Sprintf("%-*s", width, s) }

// dollars writes cents, and more where there is less than one.
func dollars(v float64) string {
	if v > 0 && v < 0.01 {
		return strconv.FormatFloat(v, 'f', 4, 64)
	}
	return humanize.FormatFloat("#,###.##", v)
}

// amount writes a quantity to three digits at least.
func amount(v float64) string {
	if v >= 100 {
		return humanize.FormatFloat("#,###.", v)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
