package socket

import (
	"crypto/tls"
	"net"
	"runtime"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// loops are the event loops of a server; none for the path Goroutines.
type loops struct {
	list  []*loop
	next  atomic.Uint32
	rings chan *ring // idle rings; nil without io_uring
}

func (ls *loops) start(s *Server) (Path, error) {
	path := s.opts.Path
	if path == Goroutines {
		return path, nil
	}
	n := s.opts.Loops
	if n == 0 {
		n = max(1, runtime.GOMAXPROCS(0)/2)
	}
	err := ls.startLoops(s, n)
	if err != nil {
		if path == Auto {
			return Goroutines, nil
		}
		return 0, err
	}
	if path == Epoll {
		return Epoll, nil
	}
	if err := ls.startRings(n); err != nil {
		if path == Auto {
			return Epoll, nil
		}
		ls.stop()
		return 0, err
	}
	return Uring, nil
}

func (ls *loops) startLoops(s *Server, n int) error {
	for range n {
		l, err := newLoop(s)
		if err != nil {
			ls.stop()
			return err
		}
		ls.list = append(ls.list, l)
		go l.run()
	}
	return nil
}

func (ls *loops) startRings(n int) error {
	rings := make(chan *ring, n)
	for range n {
		r, err := newRing()
		if err != nil {
			for len(rings) > 0 {
				(<-rings).close()
			}
			return err
		}
		rings <- r
	}
	ls.rings = rings
	return nil
}

// stop ends the loops; there are no connections any more.
func (ls *loops) stop() {
	for _, l := range ls.list {
		l.stop()
	}
	ls.list = nil
	for len(ls.rings) > 0 {
		(<-ls.rings).close()
	}
}

// help wakes loops that sleep, since there is much to flush.
func (ls *loops) help() {
	for _, l := range ls.list {
		l.wake()
	}
}

// flush writes what waits for some connections. With few of them a ring gains nothing.
func (ls *loops) flush(cs []*Conn) {
	if len(cs) >= ringWorth && ls.rings != nil {
		select {
		case r := <-ls.rings:
			r.flush(cs)
			ls.rings <- r
			return
		default:
		}
	}
	for _, c := range cs {
		c.link.flush(c)
	}
}

// notSent bounds what the kernel keeps for a receiver without having sent it, in bytes.
// The rest waits here, where receivers share it; the kernel would keep megabytes
// for each, and some more than others, so that equally quick ones would seem slow.
const notSent = 128 << 10

// tune sets what every connection needs. A failure costs memory, nothing else.
func tune(conn net.Conn) {
	if sc, ok := conn.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) {
				_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, notSent)
			})
		}
	}
}

// adopt takes conn out of the runtime's hands: it duplicates the descriptor and closes the
// original, so that neither a goroutine nor a poller entry stays. It reports
// whether it did; conn is untouched if not.
func (ls *loops) adopt(c *Conn, conn net.Conn) bool {
	base := conn
	t, secured := conn.(*tls.Conn)
	if secured {
		base = t.NetConn()
	}
	sw, switches := base.(*switchable)
	if switches {
		base = sw.Conn
	}
	tune(base)
	if len(ls.list) == 0 || secured && !switches {
		return false
	}
	fd, ok := duplicate(base)
	if !ok {
		return false
	}
	base.Close()
	c.fd = fd
	if secured {
		sw.toEvents(fd)
		c.secure = &secure{tls: t, raw: sw}
	}
	c.poked = true // pokes before start are not for now
	c.link = ls.list[int(ls.next.Add(1))%len(ls.list)]
	return true
}

func duplicate(conn net.Conn) (fd int32, ok bool) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return 0, false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, false
	}
	n := -1
	err = raw.Control(func(old uintptr) {
		n, _ = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0)
	})
	return int32(n), err == nil && n >= 0
}
