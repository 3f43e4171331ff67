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

	mu       sync.Mutex
	conns    []*Conn
	stopping bool
	empty    chan struct{} // closed when stopping and no connection is left

	flush   flusher
	crowds  crowds
	sweeper sweeper
}

// New starts a server. It fails when Options.Path asks for what this machine does not
// offer, or an option is negative. Shutdown must be called to free its resources.
func New(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, epoch: time.Now(), empty: make(chan struct{})}
	if s.path, err = s.loops.start(s); err != nil {
		return nil, err
	}
	s.flush.srv = s
	s.crowds.patience = time.Second
	s.sweeper.start(s)
	return s, nil
}

// Path returns the path in use; never Auto.
func (s *Server) Path() Path { return s.path }

// Len returns the number of connections whose Closed has not yet returned.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// now returns the time since the server started, in nanoseconds.
func (s *Server) now() int64 { return int64(time.Since(s.epoch)) }

// behind returns how many bytes must wait for a receiver to count as behind.
func (s *Server) behind() int { return s.opts.Backlog / 4 }

// add registers a connection before it is opened.
func (s *Server) add(c *Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return ErrShutdown
	}
	c.slot = int32(len(s.conns))
	s.conns = append(s.conns, c)
	return nil
}

func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.conns) - 1
	moved := s.conns[last]
	s.conns[c.slot], moved.slot = moved, c.slot
	s.conns[last] = nil
	s.conns = s.conns[:last]
	if s.stopping && last == 0 {
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
	if len(s.conns) == 0 {
		close(s.empty)
	}
	s.mu.Unlock()

	for _, c := range s.snapshot(nil) {
		c.Close(StatusGoingAway, "Going away")
	}
	var err error
	select {
	case <-s.empty:
	case <-ctx.Done():
		err = ctx.Err()
		for _, c := range s.snapshot(nil) {
			c.kill()
		}
		<-s.empty
	}
	s.sweeper.stop()
	s.crowds.stop()
	s.loops.stop()
	return err
}
