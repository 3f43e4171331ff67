package swarm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

var errPatience = errors.New("nothing happened for longer than the swarm waits")

// until turns the loop until nothing is left, calling refill (if any) before each turn. It returns the time from start
// to the last change of left, and an error when the swarm fails, the context ends, or left does not change for the
// swarm's patience; doing names what was waited for.
func (s *Swarm) until(ctx context.Context, start time.Time, doing string, left *int, refill func() error) (time.Duration, error) {
	last := start
	for {
		if refill != nil {
			if err := refill(); err != nil {
				return 0, err
			}
		}
		if s.failure != nil {
			return last.Sub(start), fmt.Errorf("%s: %w", doing, s.failure)
		}
		if *left == 0 {
			return last.Sub(start), nil
		}
		before := *left
		if err := s.turn(); err != nil {
			return 0, err
		}
		now := time.Now()
		if *left != before {
			last = now
			continue
		}
		if err := ctx.Err(); err != nil {
			return last.Sub(start), fmt.Errorf("%s: %w", doing, err)
		}
		if now.Sub(last) > s.settings.Patience {
			return last.Sub(start), fmt.Errorf("%s, %d left: %w", doing, *left, errPatience)
		}
	}
}

// turn waits for events and handles them.
func (s *Swarm) turn() error {
	n, err := unix.EpollWait(s.epoll, s.events, int(heartbeat.Milliseconds()))
	if err != nil && err != unix.EINTR {
		return fmt.Errorf("epoll: %w", err)
	}
	for i := range max(n, 0) {
		event := &s.events[i]
		if event.Fd == nurseryEvent {
			s.adopt()
			continue
		}
		c := s.conns[event.Fd]
		if c.phase != gone && event.Events&^unix.EPOLLOUT != 0 {
			s.read(c)
		}
		if c.phase != gone && event.Events&unix.EPOLLOUT != 0 {
			s.flush(c)
		}
	}
	return nil
}

// watch registers a connection's socket, or changes whether we wait for room to write.
func (s *Swarm) watch(c *conn, operation int, room bool) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.index)}
	if room {
		event.Events |= unix.EPOLLOUT
	}
	c.room = room
	return unix.EpollCtl(s.epoll, operation, c.fd, &event)
}

// read takes what one connection has for us. What is left in a plain socket brings the next event.
func (s *Swarm) read(c *conn) {
	for {
		n, err := c.receive(s.buffer)
		if n > 0 {
			s.take(c, s.buffer[:n])
		}
		if c.phase != gone && len(c.out) > 0 { // TLS may have had to say something
			s.flush(c)
		}
		switch {
		case c.phase == gone || wouldBlock(err):
			return
		case err != nil:
			s.lose(c, fmt.Errorf("reading: %w", err))
			return
		case n == 0:
			s.lose(c, errors.New("the server closed the connection without a close frame"))
			return
		case c.tls == nil:
			return
		}
	}
}

// send queues a message and writes what the socket takes.
func (s *Swarm) send(c *conn, op byte, message []byte) {
	c.say(appendFrame(nil, op, message))
	s.flush(c)
}

// flush writes what a connection has to say, as far as the socket takes it.
func (s *Swarm) flush(c *conn) {
	for len(c.out) > 0 {
		n, err := unix.Write(c.fd, c.out)
		if wouldBlock(err) {
			break
		}
		if err != nil {
			s.lose(c, fmt.Errorf("writing: %w", err))
			return
		}
		c.out = c.out[n:]
	}
	if len(c.out) == 0 {
		c.out = nil // a publisher's burst is large
	}
	if room := len(c.out) > 0; room != c.room {
		if err := s.watch(c, unix.EPOLL_CTL_MOD, room); err != nil {
			s.lose(c, fmt.Errorf("epoll: %w", err))
		}
	}
}

// lose ends a connection. What was due to it is lost. Before it is subscribed, and for the publisher, that is a failure
// of the swarm.
func (s *Swarm) lose(c *conn, why error) {
	if s.failure == nil && (c.index == 0 || c.Confirmations < c.wanted) {
		s.failure = &Error{Connection: c.index, Cause: why}
	}
	if c.Confirmations < c.wanted {
		s.waiting--
	}
	c.phase = gone
	unix.Close(c.fd)
	c.fd = -1
	s.missing -= c.due
	s.outcome.Lost += c.due
	c.due = 0
	s.outcome.Gone++
	if s.outcome.Why == nil {
		s.outcome.Why = &Error{Connection: c.index, Cause: why}
	}
}
