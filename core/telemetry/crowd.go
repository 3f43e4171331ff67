package telemetry

import (
	"slices"

	"tacet/core/privacy"
)

// MaxCrowd is how many different ones a Crowd tells apart. No report may ask
// for larger groups.
const MaxCrowd = 16

// Crowd knows of a few different anonymised addresses that they are different:
// whether a group is large enough to be shown. It is a sorted list of hashes of
// 32 bits, the MaxCrowd smallest. Nobody changes it. Nil is nobody.
type Crowd []uint32

// CrowdOf returns the crowd of one address: nobody, when it is not known.
func CrowdOf(a privacy.Anonymised) Crowd {
	h, ok := hashOf(a)
	if !ok {
		return nil
	}
	return Crowd{uint32(h >> 32)}
}

// With returns the crowd of both.
func (c Crowd) With(o Crowd) Crowd {
	both := slices.Concat(c, o)
	slices.Sort(both)
	both = slices.Compact(both)
	return both[:min(len(both), MaxCrowd):min(len(both), MaxCrowd)]
}
