package swarm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// nurseryEvent marks the event that says that a handshake is over. Connections have indices from 0.
const nurseryEvent = -1

// nursery does the handshakes of TLS, each in a goroutine that may wait; the window bounds how many there are. A
// connection that has grown up joins the loop, where nothing waits for a socket.
type nursery struct {
	wake   int // an eventfd
	config *tls.Config
	inside sync.WaitGroup
	grown  chan grownUp
}

type grownUp struct {
	conn *conn
	err  error
}

func newNursery(s *Swarm) (*nursery, error) {
	wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: nurseryEvent}
	if err := unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, wake, &event); err != nil {
		unix.Close(wake)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	config := s.settings.TLS.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.ServerName = s.target.Hostname()
	config.NextProtos = []string{"http/1.1"}
	return &nursery{wake: wake, config: config, grown: make(chan grownUp, window)}, nil
}

// raise shakes hands. Until the connection comes out of the channel it belongs to the goroutine.
func (n *nursery) raise(ctx context.Context, c *conn, patience time.Duration) {
	socket := &socket{conn: c, until: time.Now().Add(patience), stop: ctx.Done()}
	c.tls = tls.Client(socket, n.config)
	n.inside.Go(func() {
		err := c.tls.HandshakeContext(ctx)
		socket.until = time.Time{}
		n.grown <- grownUp{c, err}
		_, _ = unix.Write(n.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // a full counter wakes as well
	})
}

// adopt takes the connections that are ready into the loop.
func (s *Swarm) adopt() {
	var count [8]byte
	_, _ = unix.Read(s.nursery.wake, count[:])
	for {
		select {
		case grown := <-s.nursery.grown:
			err := grown.err
			if err == nil {
				err = s.join(grown.conn)
			}
			if err != nil {
				s.lose(grown.conn, fmt.Errorf("TLS: %w", err))
			}
		default:
			return
		}
	}
}

// close waits for the handshakes: they end with their patience or their context.
func (n *nursery) close() {
	n.inside.Wait()
	unix.Close(n.wake)
}

// errNotNow is what a socket says to TLS in the loop. TLS goes on after a temporary error of reading; that is why
// Temporary, though deprecated, has to be there.
var errNotNow net.Error = notNow{}

type notNow struct{}

func (notNow) Error() string   { return "not now" }
func (notNow) Timeout() bool   { return true }
func (notNow) Temporary() bool { return true }

// socket is a connection's socket as TLS sees it. In the handshake it waits; afterwards reading gives errNotNow, and
// writing never fails, because what TLS wrote halfway could not be repeated: it is queued behind conn.out.
type socket struct {
	net.Conn // the methods that TLS never calls here
	conn     *conn
	until    time.Time // of the handshake; zero after it
	stop     <-chan struct{}
}

func (s *socket) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(s.conn.fd, b)
		switch {
		case err == unix.EAGAIN && s.until.IsZero():
			return 0, errNotNow
		case err == unix.EAGAIN:
			if err := s.wait(unix.POLLIN); err != nil {
				return 0, err
			}
		case err == unix.EINTR:
		case err == nil && n == 0:
			return 0, io.EOF
		default:
			return max(n, 0), err
		}
	}
}

func (s *socket) Write(b []byte) (int, error) {
	if s.until.IsZero() {
		s.conn.out = append(s.conn.out, b...)
		return len(b), nil
	}
	for written := 0; ; {
		n, err := unix.Write(s.conn.fd, b[written:])
		written += max(n, 0)
		switch {
		case written == len(b):
			return written, nil
		case err == unix.EAGAIN:
			if err := s.wait(unix.POLLOUT); err != nil {
				return written, err
			}
		case err != nil && err != unix.EINTR:
			return written, err
		}
	}
}

// Close is what an ended context does to a handshake. The descriptor stays: it belongs to the swarm.
func (s *socket) Close() error { return nil }

// SetWriteDeadline is called before an alert.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

// wait waits until the socket is ready.
func (s *socket) wait(events int16) error {
	for {
		select {
		case <-s.stop:
			return context.Canceled
		default:
		}
		if time.Now().After(s.until) {
			return errors.New("the handshake took longer than the swarm waits")
		}
		polled := []unix.PollFd{{Fd: int32(s.conn.fd), Events: events}}
		if n, err := unix.Poll(polled, int(heartbeat.Milliseconds())); n > 0 || err != nil && err != unix.EINTR {
			return err
		}
	}
}
