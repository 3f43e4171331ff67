package telemetry

import "tacet/core/privacy"

// hashOf returns a hash of an anonymised address, and whether there is one.
// Stores remember sketches made of it: it never changes. It is FNV-1a, whose
// lower bits alone are good, stirred by the last step of MurmurHash3, so that
// each bit depends on all. Nobody chooses what an anonymised address is; it need
// not withstand anybody who tries.
func hashOf(a privacy.Anonymised) (uint32, bool) {
	if !a.Known() {
		return 0, false
	}
	const offset, prime = 0xcbf29ce484222325, 0x100000001b3
	h := (offset ^ uint64(a.Version())) * prime
	for _, text := range [...]string{string(a.Method()), a.Value()} {
		for i := range len(text) {
			h = (h ^ uint64(text[i])) * prime
		}
		h *= prime // as a zero would: where one ends and the other begins
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return uint32((h ^ h>>33) >> 32), true
}
