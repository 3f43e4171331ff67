package socket

// span is a run of whole frames that lie next to each other in memory.
type span []byte

// queue is what waits to be written to one connection: a few spans, usually one.
type queue struct {
	first span // the span being written, from a frame boundary on
	sent  int  // how much of first has gone
	rest  []span
	size  int // bytes waiting
}

// push appends frames. When they lie directly behind the last span, as the frames of
// one publisher do, the span only grows.
func (q *queue) push(b span) {
	q.size += len(b)
	last := &q.first
	if n := len(q.rest); n > 0 {
		last = &q.rest[n-1]
	}
	if n := len(*last); n < cap(*last) && &(*last)[:n+1][n] == &b[0] {
		*last = (*last)[:n+len(b)]
		return
	}
	if len(*last) == 0 {
		*last = b
		return
	}
	q.rest = append(q.rest, b)
	q.compact()
}

// Small spans of different chunks keep all these chunks alive: a receiver that takes
// little of the traffic and then stops reading would hold on to everybody's. So
// a run of them is copied together.
const (
	compactRun  = 32
	compactSize = compactRun * 4 << 10
)

func (q *queue) compact() {
	n := len(q.rest) - compactRun
	if n < 0 {
		return
	}
	size := 0
	for _, s := range q.rest[n:] {
		if size += len(s); size > compactSize {
			return
		}
	}
	merged := make(span, 0, size)
	for _, s := range q.rest[n:] {
		merged = append(merged, s...)
	}
	clear(q.rest[n+1:])
	q.rest = append(q.rest[:n], merged)
}

// next appends the bytes to write next to buf, at most cap(buf) pieces.
func (q *queue) next(buf [][]byte) [][]byte {
	if q.size == 0 {
		return buf
	}
	buf = append(buf, q.first[q.sent:])
	for _, s := range q.rest {
		if len(buf) == cap(buf) {
			break
		}
		buf = append(buf, s)
	}
	return buf
}

// advance drops n bytes that have been written.
func (q *queue) advance(n int) {
	q.size -= n
	q.sent += n
	drop := 0
	for q.sent > 0 && q.sent >= len(q.first) {
		q.sent -= len(q.first)
		q.first = nil
		if drop == len(q.rest) {
			break
		}
		q.first = q.rest[drop]
		drop++
	}
	switch {
	case drop == 0:
	case drop == len(q.rest):
		q.rest = nil
	default:
		// The written spans must not stay reachable behind the slice.
		q.rest = append(make([]span, 0, len(q.rest)-drop), q.rest[drop:]...)
	}
}

// dropFrames drops what waits, except for the rest of a frame that is partly gone.
func (q *queue) dropFrames() {
	end := 0
	for end < q.sent {
		end += ownLen(q.first[end:])
	}
	if end == q.sent {
		*q = queue{}
		return
	}
	*q = queue{first: q.first[:end:end], sent: q.sent, size: end - q.sent}
}
