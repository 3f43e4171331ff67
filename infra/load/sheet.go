package load

import (
	"runtime"
	"slices"
	"time"
)

// sheet collects what is measured. It is used by one goroutine.
type sheet struct {
	plan    *Plan
	values  map[cell][]float64
	latency map[latencyCell]Samples
	busy    float64 // seconds of CPU that other processes took
	watched float64 // seconds of watching them
	busiest float64 // cores, in the worst part
}

type cell struct {
	target int
	key    string
	size   int
}

type latencyCell struct{ target, size int }

func newSheet(plan *Plan) *sheet {
	return &sheet{plan: plan, values: map[cell][]float64{}, latency: map[latencyCell]Samples{}}
}

func (s *sheet) note(target int, m Measure, size int, value float64) {
	at := cell{target, m.Key, size}
	s.values[at] = append(s.values[at], value)
}

func (s *sheet) keep(target, size int, taken Samples) {
	at := latencyCell{target, size}
	s.latency[at] = append(s.latency[at], taken...)
}

func (s *sheet) others(busy, watched float64) {
	s.busy += busy
	s.watched += watched
	if watched > 0 {
		s.busiest = max(s.busiest, busy/watched)
	}
}

// report makes of the sheet what is told.
func (s *sheet) report(started time.Time) Report {
	report := Report{
		Started: started, Seconds: time.Since(started).Seconds(),
		OS: runtime.GOOS, Architecture: runtime.GOARCH, CPUs: runtime.NumCPU(),
		Rounds: s.plan.Rounds, Payload: s.plan.Payload,
		Others: Others{Most: s.busiest},
	}
	if s.watched > 0 {
		report.Others.Mean = s.busy / s.watched
	}
	for _, target := range s.plan.Targets {
		report.Targets = append(report.Targets, target.Name)
	}
	for _, m := range measures {
		for _, size := range s.plan.Sizes {
			if row := s.row(m, size); slices.ContainsFunc(row.Cells, func(c *Cell) bool { return c != nil }) {
				report.Rows = append(report.Rows, row)
			}
		}
	}
	for target := range s.plan.Targets {
		for _, size := range s.plan.Sizes {
			if taken := s.latency[latencyCell{target, size}]; len(taken) > 0 {
				report.Histograms = append(report.Histograms, Histogram{
					Target: s.plan.Targets[target].Name, Subscribers: size, Bins: taken.Bins(histogramBins),
				})
			}
		}
	}
	return report
}

// row is one line of the table.
func (s *sheet) row(m Measure, size int) Row {
	row := Row{Measure: m, Subscribers: size}
	for target := range s.plan.Targets {
		values := s.values[cell{target, m.Key, size}]
		if len(values) == 0 {
			row.Cells = append(row.Cells, nil)
			continue
		}
		filled := &Cell{Value: median(values), Rounds: values}
		if m.Sum {
			filled.Value = 0
			for _, value := range values {
				filled.Value += value
			}
		}
		row.Cells = append(row.Cells, filled)
	}
	for _, other := range row.Cells[1:] {
		row.Ratios = append(row.Ratios, ratio(m, row.Cells[0], other))
	}
	return row
}

// ratio of the first target to another, if it means something.
func ratio(m Measure, first, other *Cell) *float64 {
	if m.Sum || first == nil || other == nil || other.Value == 0 {
		return nil
	}
	r := first.Value / other.Value
	return &r
}
