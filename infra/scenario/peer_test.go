package scenario_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// peer is a connection of the development application whose reading and
// writing the test has in its own hands.
type peer struct {
	net.Conn
	in *bufio.Reader
	t  testing.TB
}

// wide is how long a peer waits for anything at all.
const wide = time.Minute

// dial opens a connection and reads the welcome.
func (p *process) dial(t testing.TB) *peer {
	t.Helper()
	dialer := ws.Dialer{Timeout: wide}
	conn, early, _, err := dialer.Dial(p.t.Context(), p.WebSocket+"?access_token="+p.ClientToken)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if early == nil {
		early = bufio.NewReader(conn)
	}
	s := &peer{conn, early, t}
	if topic, _, _ := s.hear(); topic != "main" {
		t.Fatalf("the first frame is about %q", topic)
	}
	return s
}

// Read reads what came with the handshake first.
func (s *peer) Read(b []byte) (int, error) { return s.in.Read(b) }

// say sends a request.
func (s *peer) say(kind, data string) {
	s.t.Helper()
	_ = s.SetWriteDeadline(time.Now().Add(wide))
	if err := wsutil.WriteClientText(s.Conn, fmt.Appendf(nil, `{"type":%q,"data":%s}`, kind, data)); err != nil {
		s.t.Fatal(err)
	}
}

// hear reads the next frame.
func (s *peer) hear() (topic, kind string, data json.RawMessage) {
	s.t.Helper()
	frame, err := s.next()
	if err != nil {
		s.t.Fatal(err)
	}
	var f struct {
		Topic, MessageType string
		Data               json.RawMessage
	}
	if err := json.Unmarshal(frame, &f); err != nil {
		s.t.Fatal(err)
	}
	return f.Topic, f.MessageType, f.Data
}

// next reads the next frame, or the error by which the connection ended: a
// wsutil.ClosedError, if there was a close frame.
func (s *peer) next() ([]byte, error) {
	_ = s.SetReadDeadline(time.Now().Add(wide))
	frame, _, err := wsutil.ReadServerData(s)
	return frame, err
}

// closed reads to the end of the connection and returns the code of its close
// frame, or 0 if there was none.
func (s *peer) closed() int {
	for {
		_, err := s.next()
		var with wsutil.ClosedError
		if errors.As(err, &with) {
			return int(with.Code)
		} else if err != nil {
			return 0
		}
	}
}

// acked reads the next frame, which must be an ack, and returns its id and
// how many had the topic and got the message.
func (s *peer) acked() (id string, matched, delivered int) {
	s.t.Helper()
	_, kind, data := s.hear()
	var ack struct {
		Data               string
		Matched, Delivered int
	}
	if err := json.Unmarshal(data, &ack); err != nil || kind != "ack" {
		s.t.Fatalf("this is no ack: %s %s", kind, data)
	}
	return ack.Data, ack.Matched, ack.Delivered
}

// subscribe asks for a topic and waits until it is there.
func (s *peer) subscribe(topic string) {
	s.t.Helper()
	s.say("subscribe", fmt.Sprintf(`{"topic":%q,"id":"subscribe"}`, topic))
	if id, matched, _ := s.acked(); id != "subscribe" || matched != 1 {
		s.t.Fatal("that was no ack of the subscription")
	}
}

// vanish resets the connection.
func (s *peer) vanish() {
	if err := s.Conn.(*net.TCPConn).SetLinger(0); err != nil {
		s.t.Error(err)
	}
	s.Close()
}
