package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"tacet/core/wire"
)

// What a client waits for, and how much it reads.
const (
	openPatience = 10 * time.Second
	pingEvery    = 30 * time.Second
	// API Gateway closes a connection without messages after ten minutes, and
	// does not count pings.
	aliveEvery = 4 * time.Minute
	largest    = 4 << 20 // bytes of one frame from the server
)

// frame is a frame from the server.
type frame struct {
	Topic       string          `json:"topic"`
	MessageType string          `json:"messageType"`
	Data        json.RawMessage `json:"data"`
}

func (f *frame) is(topic, messageType string) bool {
	return f.Topic == topic && f.MessageType == messageType
}

// ack is the data of an ack.
type ack struct {
	ID        string `json:"data"`
	Matched   int    `json:"matched"`
	Delivered int    `json:"delivered"`
	Gone      int    `json:"gone"`
}

// complaint is the data of an error frame.
type complaint struct {
	ID      string    `json:"id"`
	Code    wire.Code `json:"code"`
	Message string    `json:"message"`
}

func (c *complaint) Error() string { return fmt.Sprintf("%s (%d)", printable(c.Message), c.Code) }

// session is one connection. One goroutine reads it.
type session struct {
	conn *websocket.Conn
	id   string // of the connection
}

// open connects and waits for the greeting. The error is a *refused when the
// platform said no.
func (e endpoint) open(ctx context.Context) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	// The token travels as a subprotocol: so it stands in no URL, and in no
	// log of one.
	conn, answer, err := websocket.Dial(ctx, e.websocket.String(), &websocket.DialOptions{
		HTTPClient: e.client, Subprotocols: []string{"tacet.v1", e.token},
	})
	switch {
	case err == nil: // the body of the answer is the connection
	case answer != nil && answer.StatusCode != http.StatusSwitchingProtocols:
		defer answer.Body.Close()
		return nil, refusal(answer)
	default:
		return nil, unreachable(e.websocket.Host, err)
	}
	conn.SetReadLimit(largest)
	s := &session{conn: conn}
	for {
		f, _, err := s.read(ctx)
		if err != nil {
			conn.CloseNow()
			return nil, s.ended(err)
		}
		if !f.is("main", "welcome") {
			continue
		}
		var hello struct{ Connection struct{ ID string } }
		if err := json.Unmarshal(f.Data, &hello); err != nil {
			conn.CloseNow()
			return nil, errors.New("the server's greeting cannot be read: is this Tacet?")
		}
		s.id = hello.Connection.ID
		return s, nil
	}
}

// read returns the next frame, decoded and as it came.
func (s *session) read(ctx context.Context) (*frame, []byte, error) {
	for {
		_, raw, err := s.conn.Read(ctx) // a binary frame has the same JSON inside
		if err != nil {
			return nil, nil, err
		}
		f := new(frame)
		if json.Unmarshal(raw, f) == nil && f.Topic != "" {
			return f, raw, nil
		}
	}
}

// piece is how much goes into one WebSocket frame: API Gateway takes frames of
// 32 KB, and messages of 128 KB made of several.
const piece = 16 << 10

// send sends a request. Its data is JSON, and goes out byte for byte.
func (s *session) send(ctx context.Context, kind wire.Type, data []byte) error {
	text := slices.Concat([]byte(`{"type":"`), []byte(kind), []byte(`","data":`), data, []byte{'}'})
	w, err := s.conn.Writer(ctx, websocket.MessageText)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(text, piece) {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return w.Close()
}

// keep pings the server until ctx ends, and closes the connection when nothing
// comes back: a cable that was pulled tells nobody.
func (s *session) keep(ctx context.Context) {
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pingEvery):
		}
		patience, cancel := context.WithTimeout(ctx, openPatience)
		err := s.conn.Ping(patience)
		cancel()
		if err == nil && time.Since(last) > aliveEvery {
			last = time.Now()
			err = s.send(ctx, wire.TypePing, []byte("{}"))
		}
		if err != nil {
			s.conn.CloseNow()
			return
		}
	}
}

// over is the end of a connection.
type over struct {
	code   int // -1: it was lost
	reason string
}

func (o *over) Error() string {
	if o.code < 0 {
		return "the connection was lost"
	}
	text := "the server ended the connection: " + strconv.Itoa(o.code)
	if o.reason != "" {
		text += " " + printable(o.reason)
	}
	return text
}

// again reports whether to connect again by oneself.
func (o *over) again() bool {
	switch {
	case o.code < 0, o.code == int(websocket.StatusAbnormalClosure):
		return true
	case o.code >= 4000:
		i := slices.IndexFunc(wire.Catalogue, func(e wire.Entry) bool { return int(e.Code) == o.code })
		return i >= 0 && wire.Catalogue[i].Reconnect
	}
	// A server that goes away, restarts, or stands behind a proxy that lost it
	// (RFC 6455 §7.4.1, IANA's registry). API Gateway says 1001 at two hours.
	return slices.Contains([]int{1001, 1011, 1012, 1013, 1014}, o.code)
}

// ended makes of a failed read what it says of the connection.
func (s *session) ended(err error) error {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return &over{int(closed.Code), closed.Reason}
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("the server did not answer in time")
	case errors.Is(err, io.EOF):
		return &over{code: -1}
	}
	return &over{code: -1}
}

// close says goodbye, to a server that may be gone.
func (s *session) close() { _ = s.conn.Close(websocket.StatusNormalClosure, "") }
