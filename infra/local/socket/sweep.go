package socket

import "time"

// sweeper ends connections that are idle or too old. One look at all of them now and
// then costs less than a timer for each, and nothing per message.
type sweeper struct {
	quit, done chan struct{}
}

// period says how often to look: a sixteenth of the shortest limit is how late a
// connection may end, four seconds at most.
func (o Options) period() time.Duration {
	p := time.Duration(0)
	for _, limit := range []time.Duration{o.IdleTimeout, o.MaxLifetime} {
		if limit > 0 && (p == 0 || limit < p) {
			p = limit
		}
	}
	if p == 0 {
		return 0
	}
	return min(max(p/16, time.Millisecond), 4*time.Second)
}

func (w *sweeper) start(s *Server) {
	period := s.opts.period()
	if period == 0 {
		return
	}
	w.quit, w.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(w.done)
		tick := time.NewTicker(period)
		defer tick.Stop()
		var buf []*Conn
		for {
			select {
			case <-tick.C:
				buf = s.sweep(buf[:0], s.now())
			case <-w.quit:
				return
			}
		}
	}()
}

func (w *sweeper) stop() {
	if w.quit != nil {
		close(w.quit)
		<-w.done
	}
}

// sweep closes what is over its time; buf is scratch and comes back empty of connections.
func (s *Server) sweep(buf []*Conn, now int64) []*Conn {
	buf = s.snapshot(buf)
	idle, life := int64(s.opts.IdleTimeout), int64(s.opts.MaxLifetime)
	for _, c := range buf {
		if idle > 0 && now-c.active.Load() >= idle || life > 0 && now-c.opened >= life {
			c.goAway()
		}
	}
	clear(buf)
	return buf
}
