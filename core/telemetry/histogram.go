package telemetry

import (
	"math/bits"
	"slices"
)

// Histogram counts numbers in buckets, eight to each power of two: what it says
// of a number is at most an eighth too large, and never too small. The zero
// value has none.
type Histogram struct {
	Buckets map[int]int64
}

// Add counts a number; a negative one counts as zero.
func (h *Histogram) Add(n int64) {
	h.add(bucketOf(max(n, 0)), 1)
}

func (h *Histogram) add(bucket int, n int64) {
	if h.Buckets == nil {
		h.Buckets = map[int]int64{}
	}
	h.Buckets[bucket] += n
}

// Merge adds the numbers of o.
func (h *Histogram) Merge(o *Histogram) {
	for b, n := range o.Buckets {
		h.add(b, n)
	}
}

// Total is how many numbers there are.
func (h *Histogram) Total() (n int64) {
	for _, x := range h.Buckets {
		n += x
	}
	return n
}

// Quantile returns a number that a part q of all numbers do not exceed, from 0
// to 1; 0 when there are none.
func (h *Histogram) Quantile(q float64) int64 {
	buckets := make([]int, 0, len(h.Buckets))
	for b := range h.Buckets {
		buckets = append(buckets, b)
	}
	slices.Sort(buckets)
	rank := int64(q * float64(h.Total()))
	var last int64
	for _, b := range buckets {
		last = upper(b)
		if rank -= h.Buckets[b]; rank < 0 {
			break
		}
	}
	return last
}

// perPower is how many buckets there are from one power of two to the next.
const perPower = 8

func bucketOf(n int64) int {
	if n < perPower {
		return int(n)
	}
	power := bits.Len64(uint64(n)) - 4 // n>>power is 8 to 15
	return (power+1)*perPower + int(n>>power) - perPower
}

// upper is the largest number in a bucket.
func upper(bucket int) int64 {
	if bucket < perPower {
		return int64(bucket)
	}
	power := bucket/perPower - 1
	return int64(bucket%perPower+perPower+1)<<power - 1
}
