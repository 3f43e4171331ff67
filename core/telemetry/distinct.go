package telemetry

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"tacet/core/privacy"
)

// Distinct estimates how many different addresses were added, as they are
// after they were made anonymous: it is a sketch and no list. What has been
// added cannot be read out of it. The zero value has none.
type Distinct struct {
	Hashes []uint64
}

// Add adds an address. What is not known of anybody is nobody's.
func (d *Distinct) Add(a privacy.Anonymised) {
	if h, ok := hashOf(a); ok {
		d.add(h)
	}
}

func (d *Distinct) add(h uint64) {
	if i, ok := slices.BinarySearch(d.Hashes, h); !ok {
		d.Hashes = slices.Insert(d.Hashes, i, h)
	}
}

// Merge adds what was added to o.
func (d *Distinct) Merge(o *Distinct) {
	for _, h := range o.Hashes {
		d.add(h)
	}
}

// Estimate returns how many there are, give or take Error of it.
func (d *Distinct) Estimate() int64 { return int64(len(d.Hashes)) }

// DistinctError is the standard error of Distinct.Estimate, as a part of it.
const DistinctError = 0.023

// hashOf returns a hash of an anonymised address, and whether there is one.
func hashOf(a privacy.Anonymised) (uint64, bool) {
	if !a.Known() {
		return 0, false
	}
	text, _ := a.MarshalText()
	sum := sha256.Sum256(text)
	return binary.BigEndian.Uint64(sum[:]), true
}
