package load

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// barWidth is the longest bar, in characters: a histogram fits a terminal of 80.
const barWidth = 48

// Draw draws the histogram with characters. The fullest bin has the longest bar, and a bin with anything in it shows.
func (h *Histogram) Draw(w io.Writer) error {
	var total, most int
	for _, bin := range h.Bins {
		total += bin.Count
		most = max(most, bin.Count)
	}
	if _, err := fmt.Fprintf(w, "%s, to the last of %s, %s messages\n", h.Target, thousands(float64(h.Subscribers)), thousands(float64(total))); err != nil {
		return err
	}
	for _, bin := range h.Bins {
		bar := (bin.Count*barWidth + most - 1) / most
		if _, err := fmt.Fprintf(w, "%9s – %9s ms  %s%d\n", inMilliseconds(bin.From), inMilliseconds(bin.To), space(strings.Repeat("█", bar)), bin.Count); err != nil {
			return err
		}
	}
	return nil
}

func space(bar string) string {
	if bar == "" {
		return ""
	}
	return bar + " "
}

func inMilliseconds(d time.Duration) string { return figure(milliseconds(d)) }
