package socket

import "time"

// SweepAt does what the sweeper does when the server is that old.
func (s *Server) SweepAt(age time.Duration) { s.sweep(nil, int64(age)) }

// Age returns what SweepAt counts in.
func (s *Server) Age() time.Duration { return time.Duration(s.now()) }

// SetPatience sets how long a jam may hold a publisher back.
func (s *Server) SetPatience(d time.Duration) { s.jams.patience = d }

// Hurry makes turns and rounds as short as they can be.
func (s *Server) Hurry() { s.pace = pace{} }

// Held reports whether the connection is not being read.
func (c *Conn) Held() bool { return c.held() }

// OnLoop reports whether an event loop serves the connection.
func (c *Conn) OnLoop() bool {
	_, pipe := c.link.(*pipe)
	return !pipe
}
