package swarm

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// phase is how far a connection has come.
type phase byte

const (
	upgrading phase = iota // TCP or HTTP is under way
	talking                // frames
	gone
)

// conn is one connection.
type conn struct {
	Ledger
	index   int
	fd      int // -1 when closed
	tls     *tls.Conn
	phase   phase
	room    bool // we wait for room to write
	wanted  int  // confirmations
	due     int  // deliveries
	frames  frames
	length  int    // of the present message so far
	control []byte // the payload of a control frame whose end has not come
	ear     Ear
	request []byte // of the upgrade
	in      []byte // the answer to the upgrade, as far as it came
	out     []byte // bytes for the socket that it did not take yet
}

// The key and its answer by RFC 6455 §1.3: a nonce guards against caches, and there are none between a load generator
// and its server.
const (
	upgradeKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	upgradeAnswer = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	upgradeLimit  = 16 << 10
)

// newConn prepares a connection: its request waits to be written.
func (s *Swarm) newConn(index int) *conn {
	token := ""
	if s.settings.Token != nil {
		token = s.settings.Token(index)
	}
	address := s.settings.Dialect.Address(*s.target, token)
	delivery := len(s.settings.Payload)
	if index == 0 {
		delivery = newsLimit + 1 // to the publisher everything is news
	}
	return &conn{
		index: index, fd: -1, wanted: 1, ear: s.settings.Dialect.Ear(delivery),
		request: fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", address.RequestURI(), address.Host, upgradeKey),
	}
}

// take goes on with what a connection received.
func (s *Swarm) take(c *conn, b []byte) {
	var err error
	if c.phase == upgrading {
		if b, err = s.upgraded(c, b); err != nil {
			s.lose(c, err)
		}
		if c.phase == gone {
			return
		}
	}
	confirmations, deliveries := c.Confirmations, c.Deliveries
	err = s.hear(c, b)
	if got := c.Deliveries - deliveries; got > 0 {
		counted := min(got, c.due)
		c.due -= counted
		s.missing -= counted
		s.outcome.Delivered += counted
		s.outcome.Extra += got - counted
	}
	if err == nil && confirmations < c.wanted && c.Confirmations >= c.wanted {
		s.waiting--
	}
	if err != nil {
		c.Confirmations = confirmations // lose counts it among those that wait, or not
		s.lose(c, err)
	}
}

// upgraded reads the answer to the upgrade, says what comes first, and returns what came behind the answer.
func (s *Swarm) upgraded(c *conn, b []byte) ([]byte, error) {
	c.in = append(c.in, b...)
	head, rest, complete := bytes.Cut(c.in, []byte("\r\n\r\n"))
	if !complete {
		if len(c.in) > upgradeLimit {
			return nil, errors.New("the server's answer to the upgrade has no end")
		}
		return nil, nil
	}
	c.in = nil
	status, _, _ := bytes.Cut(head, []byte("\r\n"))
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 101")) {
		return nil, fmt.Errorf("the server answered %q instead of upgrading", status)
	}
	if !bytes.Contains(head, []byte(upgradeAnswer)) {
		return nil, errors.New("the server's Sec-WebSocket-Accept is missing or wrong")
	}
	c.phase = talking
	topic := s.settings.Topic
	if c.index == 0 {
		topic += "-publisher" // nobody publishes to it: the confirmation tells that we may begin
	}
	s.send(c, opText, s.settings.Dialect.Subscribe(topic, 1))
	return rest, nil
}

// hear goes through frames.
func (s *Swarm) hear(c *conn, b []byte) error {
	for {
		piece, rest, ok, err := c.frames.next(b)
		if err != nil || !ok {
			return err
		}
		b = rest
		ended := c.frames.left == 0
		if c.frames.op >= opClose {
			c.control = append(c.control, piece...)
			if ended {
				err = s.obey(c)
			}
		} else {
			c.length += len(piece)
			last := ended && c.frames.final
			err = c.ear.Hear(&c.Ledger, piece, c.length+c.frames.left, last)
			if last {
				c.length = 0
			}
		}
		if err != nil {
			return err
		}
		if c.Reply != nil {
			s.send(c, opText, c.Reply)
			c.Reply = nil
		}
		if c.phase == gone {
			return nil
		}
	}
}

// obey does what a control frame asks.
func (s *Swarm) obey(c *conn) error {
	payload := c.control
	c.control = nil
	switch c.frames.op {
	case opPing:
		s.send(c, opPong, payload)
	case opClose:
		if len(payload) < 2 {
			return errors.New("the server closed the connection without a code")
		}
		return fmt.Errorf("the server closed the connection with code %d %q", binary.BigEndian.Uint16(payload), payload[2:])
	}
	return nil
}

// receive reads without waiting.
func (c *conn) receive(b []byte) (int, error) {
	if c.tls != nil {
		return c.tls.Read(b)
	}
	return unix.Read(c.fd, b)
}

// say queues bytes for the server.
func (c *conn) say(b []byte) {
	if c.tls == nil {
		c.out = append(c.out, b...)
		return
	}
	_, _ = c.tls.Write(b) // comes back to conn.out; an error of TLS is told by the next read
}

// wouldBlock reports whether an error only says "not now".
func wouldBlock(err error) bool {
	return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) || errors.Is(err, errNotNow)
}
