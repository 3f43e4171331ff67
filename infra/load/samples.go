package load

import (
	"math"
	"slices"
	"time"
)

// Samples are durations in the order in which they were taken.
type Samples []time.Duration

// Quantile is the smallest sample that at least the fraction q of all samples does not exceed (the nearest rank). It is
// 0 without samples.
func (s Samples) Quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Bin is a bar of a histogram.
type Bin struct {
	From  time.Duration `json:"from_ns"` // inclusive
	To    time.Duration `json:"to_ns"`   // exclusive
	Count int           `json:"count"`
}

// Bins sorts the samples into at most n bins, each wider than the one before by the same factor, so that a long tail
// and a narrow body are both seen. The first begins at the least sample, the last ends behind the greatest.
func (s Samples) Bins(n int) []Bin {
	if len(s) == 0 || n < 1 {
		return nil
	}
	least, most := max(slices.Min(s), 1), slices.Max(s)
	ratio := float64(most+1) / float64(least)
	edge := func(i int) time.Duration {
		return time.Duration(math.Round(float64(least) * math.Pow(ratio, float64(i)/float64(n))))
	}
	var bins []Bin
	for i := range n {
		if bin := (Bin{From: edge(i), To: edge(i + 1)}); bin.From < bin.To {
			bins = append(bins, bin)
		}
	}
	bins[0].From = slices.Min(s)
	bins[len(bins)-1].To = most + 1
	for _, sample := range s {
		i, found := slices.BinarySearchFunc(bins, sample, func(b Bin, d time.Duration) int { return int(b.From - d) })
		if !found {
			i--
		}
		bins[i].Count++
	}
	return bins
}

// median of some values; NaN of none. With an even number it is the mean of the middle two.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
