package socket

import (
	"context"
	"sync"
	"time"
)

// Server owns connections: it moves their bytes, ends those that are idle or
// too old, and all of them at Shutdown. Its methods may be called from any goroutine.
type Server struct {
	opts  Options
	path  Path
	loops loops     // none: goroutines only
	epoch time.Time // what now counts from
	pace  pace

	mu       sync.Mutex
	conns    []*Conn
	count    int // of conns, and of upgrades under way
	stopping bool
	cutting  bool          // Shutdown has run out of time
	empty    chan struct{} // closed when stopping and count is 0

	flush   flusher
	jams    jams
	sweeper sweeper
}

// New starts a server. It fails when Options.Path asks for what this machine does not
// offer, or an option is negative. Shutdown must be called to free its resources.
func New(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, epoch: time.Now(), pace: defaultPace, empty: make(chan struct{})}
	if s.path, err = s.loops.start(s); err != nil {
		return nil, err
	}
	s.flush.srv = s
	s.jams.patience = time.Second
	s.sweeper.start(s)
	return s, nil
}

// Path returns the path in use; never Auto.
func (s *Server) Path() Path { return s.path }

// Len returns the number of connections: those whose Open has returned, but not
// their Closed.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// now returns the time since the server started, in nanoseconds.
func (s *Server) now() int64 { return int64(time.Since(s.epoch)) }

// behind returns how many bytes must wait for a receiver to count as behind.
func (s *Server) behind() int { return s.opts.Backlog / 4 }

// expect makes Shutdown wait for one connection that is to come. It reports false when
// there are to be no more. What expect has counted, remove or forget must discount.
func (s *Server) expect() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping {
		s.count++
	}
	return !s.stopping
}

// add registers an expected connection that has been opened.
func (s *Server) add(c *Conn) {
	s.mu.Lock()
	c.slot = int32(len(s.conns))
	s.conns = append(s.conns, c)
	stopping, cutting := s.stopping, s.cutting
	s.mu.Unlock()
	switch {
	case cutting:
		c.kill()
	case stopping:
		c.goAway()
	}
}

// remove takes off the list what add has put there.
func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	last := len(s.conns) - 1
	moved := s.conns[last]
	s.conns[c.slot], moved.slot = moved, c.slot
	s.conns[last] = nil
	s.conns = s.conns[:last]
	s.mu.Unlock()
	s.forget()
}

// forget undoes expect.
func (s *Server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count--; s.stopping && s.count == 0 {
		close(s.empty)
	}
}

// snapshot appends the connections of this moment to buf.
func (s *Server) snapshot(buf []*Conn) []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(buf, s.conns...)
}

// Shutdown refuses new connections, closes all with 1001 and waits until each
// Handler.Closed has returned. When ctx ends first, the connections that are left are
// cut, and the error is that of ctx. A second call returns nil at once.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		return nil
	}
	s.stopping = true
	if s.count == 0 {
		close(s.empty)
	}
	s.mu.Unlock()

	for _, c := range s.snapshot(nil) {
		c.goAway()
	}
	var err error
	select {
	case <-s.empty:
	case <-ctx.Done():
		err = ctx.Err()
		s.mu.Lock()
		s.cutting = true
		s.mu.Unlock()
		for _, c := range s.snapshot(nil) {
			c.kill()
		}
		<-s.empty
	}
	s.sweeper.stop()
	s.jams.stop()
	s.loops.stop()
	return err
}
