//go:build !linux

package socket

import (
	"errors"
	"net"
)

// loops are the event loops: none on this system.
type loops struct{}

func (*loops) start(s *Server) (Path, error) {
	if p := s.opts.Path; p != Auto && p != Goroutines {
		return 0, errors.New("socket: this system has no path " + p.String())
	}
	return Goroutines, nil
}

func (*loops) stop()                          {}
func (*loops) help()                          {}
func (*loops) adopt(c *Conn, _ net.Conn) bool { return false }

func (*loops) flush(cs []*Conn) {
	for _, c := range cs {
		c.link.flush(c)
	}
}

// NewListener returns ln as it is: event connections are for Linux.
func NewListener(ln net.Listener) net.Listener { return ln }

// secure is the TLS state of an event connection: there are none.
type secure struct{}

func (*secure) pending() bool { return false }
