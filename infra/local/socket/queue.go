package socket

// span is a run of whole frames that lie next to each other in memory.
type span []byte

// queue is what waits to be written to one connection: a few spans, usually one. Besides
// a frame that is being written, it keeps alive at most 2*size + (spare+2)*chunkSize bytes.
type queue struct {
	first span // the span being written, from a frame boundary on
	sent  int  // how much of first has gone
	rest  []span
	size  int  // bytes waiting
	ours  bool // whether the span before the last is a copy of ours; means nothing below spare
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
	if len(q.rest) >= spare && last.sparse() {
		q.copyLast()
	} else {
		q.ours = false
	}
	q.rest = append(q.rest, b)
}

// spare is how many sparse spans a queue may hold before it copies: with few there is
// little to gain, and who reads has few.
const spare = 6

// sparse reports whether the span may keep alive more than twice its bytes: a small one keeps
// its whole chunk, and a receiver that takes little of the traffic and does not
// read would hold on to everybody's.
func (s span) sparse() bool {
	own := len(s) == cap(s) && len(s) > alone
	return len(s) < chunkSize/2 && !own
}

// copyLast moves the last span, which grows no more, into memory of our own: that of the
// copy before it, if there is one and it does not get too large to be freed in time.
func (q *queue) copyLast() {
	n := len(q.rest) - 1
	last := q.rest[n]
	if q.ours && len(q.rest[n-1])+len(last) <= chunkSize {
		q.rest[n-1] = append(q.rest[n-1], last...)
		q.rest[n] = nil
		q.rest = q.rest[:n]
		return
	}
	q.rest[n] = append(span(nil), last...)
	q.ours = true
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
