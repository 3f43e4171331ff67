package telemetry

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Histogram counts numbers in buckets, eight to each power of two: what it says
// of a number is at most an eighth too large, and never too small. The zero
// value has none.
type Histogram struct {
	buckets []bucket // in order
}

type bucket struct {
	of int   // as bucketOf says
	n  int64 // how many numbers
}

// Add counts a number; a negative one counts as zero.
func (h *Histogram) Add(n int64) {
	h.add(bucket{bucketOf(max(n, 0)), 1})
}

func (h *Histogram) add(x bucket) {
	i, ok := slices.BinarySearchFunc(h.buckets, x.of, func(b bucket, of int) int { return cmp.Compare(b.of, of) })
	if ok {
		h.buckets[i].n += x.n
	} else {
		h.buckets = slices.Insert(h.buckets, i, x)
	}
}

// Merge adds the numbers of o.
func (h *Histogram) Merge(o *Histogram) {
	for _, b := range o.buckets {
		h.add(b)
	}
}

// Total is how many numbers there are.
func (h *Histogram) Total() (n int64) {
	for _, b := range h.buckets {
		n += b.n
	}
	return n
}

// Quantile returns the least number that a part q of all numbers, from 0 to 1,
// do not exceed (the nearest rank); 0 when there are none.
func (h *Histogram) Quantile(q float64) int64 {
	const exact = 1 - 1e-12 // 0.07*100 is a little more than 7
	rank := max(int64(math.Ceil(q*exact*float64(h.Total()))), 1)
	var last int64
	for _, b := range h.buckets {
		last = upper(b.of)
		if rank -= b.n; rank <= 0 {
			break
		}
	}
	return last
}

const (
	// perPower is how many buckets there are from one power of two to the next.
	perPower = 8
	// maxBuckets is how many there are at all.
	maxBuckets = perPower * 61
)

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
	return int64(uint64(bucket%perPower+perPower+1)<<power - 1)
}
