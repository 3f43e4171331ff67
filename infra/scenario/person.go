package scenario

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// person is somebody with a connection, as a client library sees it: frames,
// not messages, and nothing is done for them but answering pings.
type person struct {
	name    string
	id      string   // of the connection, from the welcome
	claims  []string // permissions in the token
	subject string
	suffix  string // of every subject in the conversation
	lastID  int    // the running number of requests
	asked   string // the id of the last request
	ordered bool
	log     *transcript

	conn   net.Conn
	mu     sync.Mutex
	heard  []frame       // not looked at yet
	news   chan struct{} // there is more in heard, or closed is set
	closed *frame        // how the connection ended
	warned string        // what a schedule said last
}

// frame is something that came from the server.
type frame struct {
	op   ws.OpCode
	data []byte // the reason, of a close frame
	code int    // of a close frame; 1006 if there was none
}

// refusal is a handshake that was answered with another status than 101.
type refusal struct {
	status int
	body   string
}

func (r refusal) Error() string { return fmt.Sprintf("refused with %d %s", r.status, r.body) }

// arrive opens a connection.
func (p *player) arrive(who string, words []string) (*person, string, error) {
	o, err := p.options(words)
	if err != nil {
		return nil, "", err
	}
	token, err := p.token(o, who, o.key == admin)
	if err != nil {
		return nil, "", err
	}
	url, offer, err := p.address(o, token)
	if err != nil {
		return nil, "", err
	}
	p.transcript.said(who, "→", "handshake with "+readable(token))
	as := who
	if o.subject != "" {
		as = o.subject
	}
	someone := &person{
		name: who, subject: p.subject(as), suffix: p.suffix, claims: o.permissions, ordered: p.ordered, log: &p.transcript, news: make(chan struct{}, 1),
	}
	var refused refusal
	dialer := ws.Dialer{
		Timeout: Patience, Protocols: offer, TLSConfig: p.place.TLS,
		OnStatusError: func(status int, _ []byte, response io.Reader) {
			refused = refusal{status, bodyOf(response)}
		},
	}
	conn, early, handshake, err := dialer.Dial(context.Background(), url)
	if refused.status != 0 {
		p.transcript.said(who, "←", refused.Error())
		return nil, "", refused
	}
	if err != nil {
		return nil, "", err
	}
	var in io.Reader = conn
	if early != nil {
		in = early
	}
	someone.conn = conn
	if former := p.people[who]; former != nil {
		former.hangUp()
	}
	p.people[who] = someone
	go someone.listen(bufio.NewReader(in))
	return someone, handshake.Protocol, nil
}

// bodyOf returns the body of an HTTP response that comes with its headers, or
// "" if there is none.
func bodyOf(response io.Reader) string {
	r, err := http.ReadResponse(bufio.NewReader(response), nil)
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	return string(body)
}

// maxFrame is more than any server may send.
const maxFrame = 1 << 20

func readFrame(in io.Reader) (ws.Frame, error) {
	h, err := ws.ReadHeader(in)
	if err != nil {
		return ws.Frame{}, err
	}
	if h.Length > maxFrame {
		return ws.Frame{}, fmt.Errorf("a frame of %d bytes", h.Length)
	}
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	_, err = io.ReadFull(in, f.Payload)
	return f, err
}

// listen takes in what the server says, until the connection ends.
func (s *person) listen(in *bufio.Reader) {
	for {
		f, err := readFrame(in)
		if err != nil {
			s.take(frame{op: ws.OpClose, code: 1006})
			return
		}
		switch got := (frame{op: f.Header.OpCode, data: f.Payload}); got.op {
		case ws.OpPing:
			_ = s.send(ws.NewPongFrame(f.Payload))
		case ws.OpClose:
			got.code = 1005
			if len(f.Payload) >= 2 {
				got.code, got.data = int(binary.BigEndian.Uint16(f.Payload)), f.Payload[2:]
			}
			_ = s.send(ws.NewCloseFrame(f.Payload))
			s.take(got)
			s.conn.Close()
			return
		default:
			s.take(got)
		}
	}
}

// presencePrefix is how a frame of presence begins.
const presencePrefix = `{"topic":"secure/inbound","messageType":"presence",`

func (s *person) take(f frame) {
	if bytes.HasPrefix(f.data, []byte(presencePrefix)) && !bytes.Contains(f.data, []byte(s.suffix)) {
		return // of somebody from the conversation before, on a host that is shared
	}
	s.log.said(s.name, "←", f.String())
	s.mu.Lock()
	if !s.ordered && isOfSchedule(s, f) {
		// What a schedule does may be done twice, and the same come again.
		if s.warned == string(f.data) {
			s.mu.Unlock()
			return
		}
		s.warned = string(f.data)
	}
	if f.op == ws.OpClose {
		s.closed = &f
	} else {
		s.heard = append(s.heard, f)
	}
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default: // somebody has been told already
	}
}

// hear returns nil when the next frame is what check wants. Where frames may
// overtake one another, any of those that have come will do.
func (s *person) hear(check func(*person, frame) error) error {
	deadline := time.After(Patience)
	var last error
	for {
		s.mu.Lock()
		for i := 0; i < len(s.heard); i++ {
			if last = check(s, s.heard[i]); last == nil || s.ordered {
				s.heard = append(s.heard[:i], s.heard[i+1:]...)
				s.mu.Unlock()
				return last
			}
		}
		closed := s.closed
		s.mu.Unlock()
		if closed != nil {
			return errors.Join(fmt.Errorf("%s hears nothing more: %s", s.name, closed), last)
		}
		select {
		case <-s.news:
		case <-deadline:
			return errors.Join(fmt.Errorf("%s waited in vain", s.name), last)
		}
	}
}

// ended waits for the end of the connection. On a host that keeps the order
// nothing may come before it.
func (s *person) ended() (frame, error) {
	deadline := time.After(Patience)
	for {
		s.mu.Lock()
		heard, closed := s.heard, s.closed
		s.mu.Unlock()
		switch {
		case s.ordered && len(heard) > 0:
			return frame{}, fmt.Errorf("%s is not closed yet, but hears %s", s.name, heard[0])
		case closed != nil:
			return *closed, nil
		}
		select {
		case <-s.news:
		case <-deadline:
			return frame{}, fmt.Errorf("%s is still connected", s.name)
		}
	}
}

// gone reports whether the connection has ended and everything was heard.
func (s *person) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed != nil && len(s.heard) == 0
}

// unheard returns a frame that has come and that nobody asked about, or nil.
func (s *person) unheard() *frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heard) == 0 {
		return nil
	}
	return &s.heard[0]
}

// write sends a text frame.
func (s *person) write(text string) error { return s.send(ws.NewTextFrame([]byte(text))) }

func (s *person) send(f ws.Frame) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(Patience)); err != nil {
		return err
	}
	return ws.WriteFrame(s.conn, ws.MaskFrame(f))
}

func (s *person) hangUp() { s.conn.Close() }

func (f frame) String() string {
	switch f.op {
	case ws.OpClose:
		return fmt.Sprintf("closed with %d %q", f.code, f.data)
	case ws.OpText:
		return string(f.data)
	case ws.OpPong:
		return fmt.Sprintf("control-pong %q", f.data)
	}
	return "binary " + string(f.data)
}
