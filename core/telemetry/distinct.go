package telemetry

import (
	"math"
	"math/bits"
	"slices"

	"tacet/core/privacy"
)

// Distinct estimates how many different addresses were added, as they are after
// they were made anonymous. The zero value has none.
//
// Up to maxFew it is exact: a list of hashes of 32 bits. With more it is a
// HyperLogLog (Flajolet and others, 2007): each hash is of one of registers
// groups, by its first bits, and of each group the longest run of zeros behind
// them is kept. Both are what they are for a set of hashes, in whatever order
// they came, and which of the two it is as well: so equal sets are equal, byte
// by byte, however they were merged. (That is why no library is used: the form
// of axiomhq/hyperloglog depends on the order.)
type Distinct struct {
	few  []uint32 // all hashes, sorted
	many []uint8  // or, when these were too many, the registers
}

const (
	registerBits = 11
	registers    = 1 << registerBits
	runBits      = 32 - registerBits // what is left of a hash
	maxRun       = runBits + 1       // of nothing but zeros
	// maxFew is where the list would take the space that the registers take.
	maxFew = 320
)

// DistinctError is the standard error of Distinct.Estimate, as a part of it:
// 1.04/√registers. There is none as long as there are no more than a few hundred.
const DistinctError = 0.023

// Add adds an address. What is not known of anybody is nobody's.
func (d *Distinct) Add(a privacy.Anonymised) {
	if h, ok := hashOf(a); ok {
		d.add(h)
	}
}

func (d *Distinct) add(h uint32) {
	if d.many != nil {
		d.register(h)
		return
	}
	if i, ok := slices.BinarySearch(d.few, h); !ok {
		d.few = slices.Insert(d.few, i, h)
		d.condense()
	}
}

// Merge adds what was added to o.
func (d *Distinct) Merge(o *Distinct) {
	switch {
	case d.many == nil && o.many == nil:
		d.few = union(d.few, o.few)
		d.condense()
	case o.many == nil:
		for _, h := range o.few {
			d.register(h)
		}
	default:
		d.spread()
		for i, run := range o.many {
			d.many[i] = max(d.many[i], run)
		}
	}
}

// condense makes registers of a list that has become too long.
func (d *Distinct) condense() {
	if len(d.few) > maxFew {
		d.spread()
	}
}

func (d *Distinct) spread() {
	if d.many != nil {
		return
	}
	d.many = make([]uint8, registers)
	for _, h := range d.few {
		d.register(h)
	}
	d.few = nil
}

func (d *Distinct) register(h uint32) {
	run := min(bits.LeadingZeros32(h<<registerBits), runBits) + 1
	r := &d.many[h>>runBits]
	*r = max(*r, uint8(run))
}

// Estimate returns how many there are, give or take DistinctError of it. Of
// registers it is Ertl's (New cardinality estimation algorithms for HyperLogLog
// sketches, 2017, algorithm 6), which is without bias for any number of them.
func (d *Distinct) Estimate() int64 {
	if d.many == nil {
		return int64(len(d.few))
	}
	var of [maxRun + 1]float64 // how many registers have which run
	for _, run := range d.many {
		of[run]++
	}
	z := registers * tau(1-of[maxRun]/registers)
	for run := maxRun - 1; run > 0; run-- {
		z = (z + of[run]) / 2
	}
	z += registers * sigma(of[0]/registers)
	return int64(math.Round(registers * registers / (2 * math.Ln2 * z)))
}

// exact reports whether Estimate is exact.
func (d *Distinct) exact() bool { return d.many == nil }

// sigma is x + Σ x^(2^k) 2^(k-1), for 0 ≤ x ≤ 1.
func sigma(x float64) float64 {
	sum, last := x, math.NaN()
	for y := 1.0; sum != last && !math.IsInf(sum, 1); y *= 2 {
		x *= x
		last, sum = sum, sum+x*y
	}
	return sum
}

// tau is (1 - x - Σ (1-x^(2^-k))² 2^-k)/3, for 0 ≤ x ≤ 1.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	sum, last := 1-x, math.NaN()
	for y := 0.5; sum != last; y /= 2 {
		x = math.Sqrt(x)
		last, sum = sum, sum-(1-x)*(1-x)*y
	}
	return sum / 3
}

// union returns what is in either of two sorted lists: a itself, when all of b
// is in it, and else one that neither shares.
func union(a, b []uint32) []uint32 {
	if !slices.ContainsFunc(b, func(h uint32) bool { _, ok := slices.BinarySearch(a, h); return !ok }) {
		return a
	}
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}
