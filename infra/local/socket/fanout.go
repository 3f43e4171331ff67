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
	dirty  []*Conn // marked dirty, oldest first
	taken  int     // how many of dirty have been taken

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

// all flushes connections that were just marked dirty, and takes the list back.
func (f *flusher) all(m *marked) {
	if len(m.conns) > 0 {
		f.mu.Lock()
		f.dirty = append(f.dirty, m.conns...)
		inside := f.rounds > 0
		f.mu.Unlock()
		clear(m.conns)
		m.conns = m.conns[:0]
		if !inside {
			f.begin()
			f.end()
		}
	}
	f.lists.Put(m)
}

// begin starts a round.
func (f *flusher) begin() {
	f.mu.Lock()
	f.rounds++
	f.mu.Unlock()
}

// end ends a round: it flushes what has gathered, and returns when there is nothing left
// or when it has done its share and others are at it.
func (f *flusher) end() {
	var buf [flushBatch]*Conn
	f.mu.Lock()
	share := len(f.dirty) - f.taken
	if share > 2*flushBatch {
		f.srv.loops.help()
	}
	for {
		n := copy(buf[:], f.dirty[f.taken:])
		if n == 0 || share <= 0 && f.rounds > 1 {
			f.rounds--
			f.mu.Unlock()
			return
		}
		clear(f.dirty[f.taken : f.taken+n])
		if f.taken += n; f.taken == len(f.dirty) {
			f.dirty, f.taken = f.dirty[:0], 0
		}
		share -= n
		f.mu.Unlock()
		f.srv.loops.flush(buf[:n])
		f.mu.Lock()
	}
}
