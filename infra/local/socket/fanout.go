package socket

import "sync"

// SendAll sends one frame to many. It returns how many took it, and which did not because
// they are closed (as ErrClosed) or slow (as ErrSlow); both are nil when all took it.
//
// from is the connection that caused it, or nil. When more than half of the receivers are
// behind by a quarter of Options.Backlog, from is not read until enough of them have
// caught up: so a publisher gets to feel a machine that is too slow. Receivers that
// do not catch up within a second no longer count until they do: one that does not
// read can hold a publisher up only once; one that does not read what was sent to it
// alone, by Send or Uncork, cannot even do that. With from == nil nobody is held back.
func (s *Server) SendAll(from *Conn, to []*Conn, f Frame) (accepted int, closed, slow []*Conn) {
	now := s.now()
	behind, uncounted := 0, 0
	dirty := s.flush.marked()
	for _, c := range to {
		t := c.enqueue(f.bytes, now, 0)
		if t&takenFlush != 0 {
			dirty.conns = append(dirty.conns, c)
		}
		switch {
		case t&notClosed != 0:
			closed = append(closed, c)
			uncounted++
		case t&notSlow != 0:
			slow = append(slow, c)
		}
		switch {
		case t&takenBehind != 0:
			behind++
		case t&takenLags != 0:
			uncounted++
		}
	}
	s.flush.all(dirty)
	if from != nil && behind*2 > len(to)-uncounted {
		s.jams.hold(from, to)
	}
	return len(to) - len(closed) - len(slow), closed, slow
}

// flusher gathers connections that have something to write. During a round, that is while
// a reader hands messages to handlers, they only gather, so that all that one round
// sends to a connection leaves with one write. Outside rounds they are written at once.
type flusher struct {
	srv *Server

	mu     sync.Mutex
	rounds int     // readers inside a round
	busy   int     // who is flushing
	dirty  []*Conn // marked dirty, oldest first
	due    int     // how many of dirty are of rounds that are over; the others still gather
	taken  int     // how many of dirty have been taken, at most due

	lists sync.Pool
}

// flushBatch is how many connections one goroutine takes to flush at a time; the others
// are left for those who help.
const flushBatch = 64

// marked lists connections that were just marked dirty.
type marked struct{ conns []*Conn }

// marked returns an empty list.
func (f *flusher) marked() *marked {
	if m, ok := f.lists.Get().(*marked); ok {
		return m
	}
	return new(marked)
}

// one flushes a connection that was just marked dirty.
func (f *flusher) one(c *Conn) {
	m := f.marked()
	m.conns = append(m.conns, c)
	f.all(m)
}

// all flushes connections that were just marked dirty, and takes the list back. During a
// round, they are left to whoever ends it.
func (f *flusher) all(m *marked) {
	if len(m.conns) > 0 {
		f.mu.Lock()
		f.dirty = append(f.dirty, m.conns...)
		clear(m.conns)
		m.conns = m.conns[:0]
		if f.rounds == 0 {
			f.release(false)
		}
		f.mu.Unlock()
	}
	f.lists.Put(m)
}

// begin starts a round.
func (f *flusher) begin() {
	f.mu.Lock()
	f.rounds++
	f.mu.Unlock()
}

// end ends a round, and flushes what has gathered. With more, another begins at once.
func (f *flusher) end(more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rounds--
	f.release(more)
}

// release flushes all that has gathered, and returns when there is nothing left or when it
// has done its share and others are at it. With more, it calls nobody to help: what the
// last receiver waits for is then the next round, and receivers need the other
// processors to take what there is. The caller holds f.mu, which is let go meanwhile.
func (f *flusher) release(more bool) {
	f.due = len(f.dirty)
	share := f.due - f.taken
	if !more {
		f.srv.helpers.call(share)
	}
	f.busy++
	for share > 0 || f.busy == 1 {
		n := f.some()
		if n == 0 {
			break
		}
		share -= n
	}
	f.busy--
}

// help flushes what is due.
func (f *flusher) help() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy++
	for f.some() > 0 {
	}
	f.busy--
}

// some flushes a batch of what is due, and returns of how many connections. The caller holds
// f.mu, which is let go meanwhile.
func (f *flusher) some() int {
	var buf [flushBatch]*Conn
	n := copy(buf[:], f.dirty[f.taken:f.due])
	if n == 0 {
		return 0
	}
	clear(f.dirty[f.taken : f.taken+n])
	if f.taken += n; f.taken == len(f.dirty) {
		f.dirty, f.due, f.taken = f.dirty[:0], 0, 0
	}
	f.mu.Unlock()
	f.srv.loops.flush(buf[:n])
	f.mu.Lock()
	return n
}
