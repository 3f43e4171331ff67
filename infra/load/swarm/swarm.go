package swarm

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// ErrPlatform is what Open returns where there is no epoll.
var ErrPlatform = errors.New("the load generator runs on Linux only: it needs epoll")

// Settings say whom a swarm talks to and what it says.
type Settings struct {
	URL     string // ws:// or wss://
	Dialect Dialect
	// Token gives the token of each connection: 0 is the publisher's, 1 and above are the subscribers'. It is asked
	// before any clock runs. If nil there are none.
	Token    func(connection int) string
	Topic    string        // what subscribers subscribe to and the publisher publishes to
	Payload  []byte        // of each publication; a JSON value where the dialect asks for one
	TLS      *tls.Config   // for wss://; if nil the system's certificates are believed
	Patience time.Duration // how long nothing may happen before the swarm gives up waiting; 0 means 10 seconds
}

// Outcome is what became of some publications.
type Outcome struct {
	Took      time.Duration // from the first byte sent to the last delivery
	Delivered int
	Lost      int   // deliveries that did not come before patience ended, or whose connection ended
	Extra     int   // deliveries beyond one per publication and subscriber
	Gone      int   // connections that ended meanwhile
	Why       error // why the first of them ended; nil if none did
}

// Error of one connection of a swarm.
type Error struct {
	Connection int // as in Settings.Token
	Cause      error
}

func (e *Error) Error() string {
	if e.Connection == 0 {
		return fmt.Sprintf("the publisher's connection: %v", e.Cause)
	}
	return fmt.Sprintf("connection %d: %v", e.Connection, e.Cause)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// check looks at what came from outside, once.
func (s *Settings) check() (*url.URL, error) {
	target, err := url.Parse(s.URL)
	if err != nil {
		return nil, errors.New("the address is not a URL") // without the URL: it may hold a token
	}
	if target.Scheme != "ws" && target.Scheme != "wss" || target.Hostname() == "" {
		return nil, errors.New("the address must begin with ws:// or wss:// and name a host")
	}
	if s.Dialect == nil || s.Topic == "" || len(s.Payload) == 0 {
		return nil, errors.New("a swarm needs a dialect, a topic and a payload")
	}
	if s.Patience <= 0 {
		s.Patience = 10 * time.Second
	}
	return target, nil
}
