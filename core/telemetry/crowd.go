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
	return Crowd(nil).with(h, ok)
}

// With returns the crowd of both.
func (c Crowd) With(o Crowd) Crowd {
	if len(c) == 0 {
		return o
	}
	for _, h := range o {
		c = c.with(h, true)
	}
	return c
}

// with returns the crowd with one more, if there is one.
func (c Crowd) with(h uint32, ok bool) Crowd {
	if !ok || len(c) == MaxCrowd && h > c[MaxCrowd-1] {
		return c
	}
	i, known := slices.BinarySearch(c, h)
	if known {
		return c
	}
	more := make(Crowd, min(len(c)+1, MaxCrowd))
	copy(more, c[:i])
	more[i] = h
	copy(more[i+1:], c[i:])
	return more
}
