package telemetry

// WithoutJoining returns the bytes of the topics that are of enough clients, and
// of all others together, as if those were always of enough.
func WithoutJoining(d *Digest, least int) []uint64 {
	cells, total := d.cells(PerTopic, least)
	visible, _ := part(cells, least)
	rest, all := total.bytes, []uint64{}
	for _, c := range visible {
		rest -= c.bytes
		all = append(all, uint64(c.bytes))
	}
	return append(all, uint64(rest))
}
