package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// window is how many connections are opening at the same time: enough that the server never waits for us, few
	// enough for any backlog of accept.
	window = 128
	// readSize is how many bytes one read takes: at a burst's end a connection has more than one frame waiting.
	readSize = 256 << 10
	// heartbeat bounds how long the end of a context can go unnoticed.
	heartbeat = 100 * time.Millisecond
)

// Swarm is a publisher and its subscribers. It is used by one goroutine at a time. It must be closed.
type Swarm struct {
	settings Settings
	target   *url.URL
	remote   remote
	epoll    int
	events   []unix.EpollEvent
	buffer   []byte
	conns    []*conn // the first is the publisher
	topics   int     // that each connection subscribed to
	nursery  *nursery

	waiting int // connections that wait for a confirmation
	missing int // deliveries that are due
	outcome Outcome
	failure error // of an opening connection or of the publisher
}

// Open connects the publisher.
func Open(ctx context.Context, settings Settings) (*Swarm, error) {
	target, err := settings.check()
	if err != nil {
		return nil, err
	}
	to, err := resolve(ctx, target)
	if err != nil {
		return nil, err
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	s := &Swarm{
		settings: settings, target: target, remote: to, epoll: epoll,
		events: make([]unix.EpollEvent, 1024), buffer: make([]byte, readSize),
	}
	if target.Scheme == "wss" {
		if s.nursery, err = newNursery(s); err != nil {
			unix.Close(epoll)
			return nil, err
		}
	}
	if _, err := s.open(ctx, 1); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Grow connects and subscribes until there are n subscribers, and returns how long that took. The first connection that
// fails ends it.
func (s *Swarm) Grow(ctx context.Context, n int) (time.Duration, error) {
	return s.open(ctx, n+1)
}

// open brings the connections to a total, publisher included.
func (s *Swarm) open(ctx context.Context, total int) (time.Duration, error) {
	if err := AllowFiles(total); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx) // whoever is still shaking hands when one has failed stops
	defer cancel()
	var fresh []*conn
	for index := len(s.conns); index < total; index++ {
		fresh = append(fresh, s.newConn(index))
	}
	s.topics = 1
	left := len(fresh)
	start := time.Now()
	return s.until(ctx, start, "opening connections", &s.waiting, func() error {
		for left > 0 && s.waiting < window {
			c := fresh[len(fresh)-left]
			left--
			s.waiting++
			s.conns = append(s.conns, c)
			if err := s.dial(ctx, c, total); err != nil {
				return &Error{Connection: c.index, Cause: err}
			}
		}
		return nil
	})
}

// Subscribe subscribes every subscriber to one more topic, and waits for the confirmations. Nothing is published to it.
func (s *Swarm) Subscribe(ctx context.Context, topic string) error {
	s.topics++
	message := s.settings.Dialect.Subscribe(topic, s.topics)
	left := s.conns[1:]
	_, err := s.until(ctx, time.Now(), "subscribing", &s.waiting, func() error {
		for len(left) > 0 && s.waiting < window {
			c := left[0]
			left = left[1:]
			if c.phase == gone {
				continue
			}
			c.wanted++
			s.waiting++
			s.send(c, opText, message)
		}
		return nil
	})
	return err
}

// Publish sends n publications as fast as the server takes them, and waits for all deliveries to all subscribers, or
// until none has come for the swarm's patience. Lost deliveries are not an error; a publisher that the server refuses
// is.
func (s *Swarm) Publish(ctx context.Context, n int) (Outcome, error) {
	frame := appendFrame(nil, opText, s.settings.Dialect.Publish(s.settings.Topic, s.settings.Payload))
	shot := bytes.Repeat(frame, n)
	s.expect(n)
	publisher := s.conns[0]
	start := time.Now()
	publisher.say(shot)
	s.flush(publisher)
	took, err := s.until(ctx, start, "waiting for deliveries", &s.missing, nil)
	if errors.Is(err, errPatience) {
		err = nil
	}
	s.outcome.Took = took
	s.outcome.Lost += s.missing
	return s.outcome, err
}

// expect begins a new account: n deliveries to each subscriber.
func (s *Swarm) expect(n int) {
	s.outcome, s.missing = Outcome{}, 0
	for _, c := range s.conns[1:] {
		if c.phase == gone {
			s.outcome.Lost += n
			continue
		}
		c.due = n
		s.missing += n
	}
}

// Close ends all connections, without a closing handshake.
func (s *Swarm) Close() {
	if s.nursery != nil {
		s.nursery.close()
	}
	for _, c := range s.conns {
		if c.fd >= 0 {
			unix.Close(c.fd)
			c.fd = -1
		}
	}
	unix.Close(s.epoll)
}
