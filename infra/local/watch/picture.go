package watch

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The picture's size, and where in it the curves are.
const (
	width, height            = 960, 200
	left, right, top, bottom = 56, 8, 10, 24
)

// picture draws the rates of an hour, the same scale for both.
func picture(b *strings.Builder, now time.Time, curve []minute) {
	most := 0.0
	for _, m := range curve {
		most = max(most, m.Messages, m.Deliveries)
	}
	most = ceiling(most)
	fmt.Fprintf(b, `<svg viewBox="0 0 %d %d" role="img" aria-label="messages and deliveries a second in the last hour, up to %s">`, width, height, rate(most))
	for i := range 3 {
		y := y(most*float64(i)/2, most)
		fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`,
			left, width-right, y, y, left-6, y+4, rate(most*float64(i)/2))
	}
	span := time.Hour
	if len(curve) > 0 {
		span = min(time.Hour, max(time.Minute, now.Sub(curve[0].At)))
	}
	fmt.Fprintf(b, `<text x="%d" y="%d">%s ago</text><text x="%d" y="%d" text-anchor="end">now</text>`, left, height-6, long(span), width-right, height-6)
	line(b, "two", curve, now, span, most, func(m minute) float64 { return m.Deliveries })
	line(b, "one", curve, now, span, most, func(m minute) float64 { return m.Messages })
	if len(curve) == 0 {
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">nothing yet: the first figures come in a few seconds</text>`, width/2, height/2)
	}
	b.WriteString("</svg>")
}

func line(b *strings.Builder, class string, curve []minute, now time.Time, span time.Duration, most float64, of func(minute) float64) {
	points := make([]string, 0, len(curve))
	for _, m := range curve {
		ago := float64(now.Sub(m.At)) / float64(span)
		x := left + (1-min(1, max(0, ago)))*(width-left-right)
		points = append(points, fmt.Sprintf("%.1f,%.1f", x, y(of(m), most)))
	}
	fmt.Fprintf(b, `<polyline class="%s" points="%s"/>`, class, strings.Join(points, " "))
}

func y(v, most float64) float64 { return height - bottom - v/most*(height-top-bottom) }

// ceiling returns the next 1, 2 or 5 with zeros.
func ceiling(v float64) float64 {
	if v <= 0 {
		return 1
	}
	step := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 5} {
		if v <= n*step {
			return n * step
		}
	}
	return 10 * step
}

// short writes a number that may be large.
func short(v float64) string {
	switch {
	case v >= 1e9:
		return trim(v/1e9) + " G"
	case v >= 1e6:
		return trim(v/1e6) + " M"
	case v >= 1e4:
		return trim(v/1e3) + " k"
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// rate writes a number that may be small.
func rate(v float64) string {
	if v < 100 {
		return trim(v)
	}
	return short(v)
}

// trim writes three digits at most.
func trim(v float64) string {
	digits := 2
	if v >= 10 {
		digits = 1
	}
	if v >= 100 {
		digits = 0
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func millis(ms float64) string {
	if ms >= 1000 {
		return trim(ms/1000) + " s"
	}
	return trim(ms) + " ms"
}

func bytes(n uint64) string {
	v, unit := float64(n), ""
	for _, unit = range []string{"B", "KiB", "MiB", "GiB", "TiB"} {
		if v < 1024 {
			break
		}
		v /= 1024
	}
	return trim(v) + " " + unit
}

// long writes a time by its two largest units.
func long(d time.Duration) string {
	switch d = max(0, d); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
