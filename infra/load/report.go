package load

import "time"

// Report is what a run found. Its JSON is for programs; Table and Draw are for people.
type Report struct {
	Started      time.Time   `json:"started"`
	Seconds      float64     `json:"seconds"`
	OS           string      `json:"os"`
	Architecture string      `json:"architecture"`
	CPUs         int         `json:"cpus"`
	Rounds       int         `json:"rounds"`
	Payload      int         `json:"payload_bytes"`
	Others       Others      `json:"other_processes"`
	Targets      []string    `json:"targets"`
	Rows         []Row       `json:"rows"`
	Histograms   []Histogram `json:"histograms"`
}

// Others is what processes other than generator and servers took while messages were sent, in cores. Figures taken
// while it is beyond a fifth are not to be compared with those of another run.
type Others struct {
	Mean float64 `json:"mean_cores"`
	Most float64 `json:"most_cores"` // of any one part
}

// Noisy is how much of a core others may take before a report warns.
const Noisy = 0.2

// Row is one measure for one number of subscribers, on each target.
type Row struct {
	Measure     Measure    `json:"measure"`
	Subscribers int        `json:"subscribers"`
	Cells       []*Cell    `json:"targets"` // in the order of Report.Targets; null where it could not be measured
	Ratios      []*float64 `json:"ratios"`  // of the first target to each of the others; null where there is none
}

// Cell is what one target did.
type Cell struct {
	Value  float64   `json:"value"` // the median of the rounds, or their sum for what is counted
	Rounds []float64 `json:"rounds"`
}

// Histogram tells how the times to the last subscriber were spread, over all rounds.
type Histogram struct {
	Target      string `json:"target"`
	Subscribers int    `json:"subscribers"`
	Bins        []Bin  `json:"bins"`
}

// histogramBins is how many bars a histogram has.
const histogramBins = 16

// Value finds the value of a measure by its key, and reports whether it was measured.
func (r *Report) Value(target, key string, subscribers int) (float64, bool) {
	for _, row := range r.Rows {
		if row.Measure.Key != key || row.Subscribers != subscribers {
			continue
		}
		for i, name := range r.Targets {
			if name == target && row.Cells[i] != nil {
				return row.Cells[i].Value, true
			}
		}
	}
	return 0, false
}
