package metrics

import (
	"slices"
	"sync/atomic"
	"time"
)

// sizeBounds are of messages in bytes: four to a step, up to more than a frame
// can have. timeBounds are of deliveries, in nanoseconds: one, two and a half,
// five, from what one machine needs for one subscriber to what nobody waits for.
var (
	sizeBounds = []uint64{64, 256, 1 << 10, 4 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10}
	timeBounds = durations(50, 100, 250, 500, 1e3, 2.5e3, 5e3, 10e3, 25e3, 50e3, 100e3, 250e3, 500e3, 1e6, 2.5e6, 5e6, 10e6)
)

func durations(micros ...float64) (all []uint64) {
	for _, m := range micros {
		all = append(all, uint64(m*float64(time.Microsecond)))
	}
	return all
}

// histogram counts values by the bounds below which they are. Safe for
// concurrent use.
type histogram struct {
	bounds []uint64
	counts []atomic.Uint64 // one more than bounds
	sum    atomic.Uint64
}

func newHistogram(bounds []uint64) histogram {
	return histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

func (h *histogram) observe(v uint64) {
	i := 0
	for i < len(h.bounds) && v > h.bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(v)
}

func (h *histogram) read(value reading) Distribution {
	d := Distribution{Bounds: h.bounds, Counts: make([]uint64, len(h.counts)), Sum: value(&h.sum)}
	for i := range h.counts {
		d.Counts[i] = value(&h.counts[i])
	}
	return d
}

// Distribution is how many values were below which bound: the last count is of
// those above all.
type Distribution struct {
	Bounds, Counts []uint64
	Sum            uint64
}

// Count is how many values there were.
func (d Distribution) Count() (n uint64) {
	for _, c := range d.Counts {
		n += c
	}
	return n
}

// Since returns what has come since a distribution that was read before, which
// may be the zero one.
func (d Distribution) Since(before Distribution) Distribution {
	d.Counts = slices.Clone(d.Counts)
	for i, n := range before.Counts {
		d.Counts[i] -= n
	}
	d.Sum -= before.Sum
	return d
}

// Quantile returns about which value the given share of all is below, evenly
// spread between two bounds; zero without values. What lies above the last bound
// counts as that.
func (d Distribution) Quantile(share float64) float64 {
	rank := share * float64(d.Count())
	if rank == 0 {
		return 0
	}
	below, seen := 0.0, 0.0
	for i, bound := range d.Bounds {
		n := float64(d.Counts[i])
		if seen+n >= rank && n > 0 {
			return below + (float64(bound)-below)*(rank-seen)/n
		}
		below, seen = float64(bound), seen+n
	}
	return below
}
