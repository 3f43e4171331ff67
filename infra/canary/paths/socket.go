package paths

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"tacet/core/wire"
	"tacet/infra/canary"
)

// talk is a connection.
type talk struct {
	*websocket.Conn
	s *Sender
}

// dialled is how to connect.
type dialled struct {
	app     string // "" is that of the target
	token   string
	offered bool // the token is offered as a subprotocol, and not in the address
	address string
}

// dial connects, and returns the status of the handshake if it is refused.
func (s *Sender) dial(ctx context.Context, d dialled) (*talk, int, error) {
	s.once()
	h := s.headers()
	if d.address != "" {
		h.Set("X-Forwarded-For", d.address)
	}
	o := &websocket.DialOptions{HTTPClient: s.http, HTTPHeader: h}
	address := s.WebSocket
	if d.app != "" {
		address = strings.Replace(address, s.App, d.app, 1)
	}
	address += "?" + s.query()
	if d.offered {
		o.Subprotocols = []string{"tacet.v1", d.token}
	} else {
		address += "&access_token=" + d.token
	}
	conn, answer, err := websocket.Dial(ctx, address, o)
	if err == nil {
		conn.SetReadLimit(wire.MaxMessage * 2)
		return &talk{conn, s}, http.StatusSwitchingProtocols, nil
	}
	if answer == nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body) // what it says is for people
	return nil, answer.StatusCode, nil
}

// connect connects and waits for the welcome.
func (s *Sender) connect(ctx context.Context, d dialled) (*talk, error) {
	c, status, err := s.dial(ctx, d)
	if err == nil && c == nil {
		err = fmt.Errorf("the handshake was refused with %d", status)
	}
	if err != nil {
		return nil, err
	}
	if _, err := c.until(ctx, `"welcome"`); err != nil {
		c.CloseNow()
		return nil, fmt.Errorf("no welcome: %w", err)
	}
	return c, nil
}

// client connects with a token that may do everything.
func (s *Sender) client(ctx context.Context) (*talk, error) {
	token, err := s.token(s.Client, claims{})
	if err != nil {
		return nil, err
	}
	return s.connect(ctx, dialled{token: token})
}

// refused connects and expects one of these statuses.
func (s *Sender) refused(ctx context.Context, d dialled, statuses ...int) error {
	c, status, err := s.dial(ctx, d)
	if err != nil {
		return err
	}
	if c != nil {
		c.CloseNow()
	}
	return want("status of the handshake", status, statuses...)
}

// say sends a frame.
func (c *talk) say(ctx context.Context, kind string, data map[string]any) error {
	c.s.once()
	return c.Write(ctx, websocket.MessageText, frame(kind, data))
}

// until reads until a frame has a text in it.
func (c *talk) until(ctx context.Context, text string) ([]byte, error) {
	for {
		_, got, err := c.Read(ctx)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(got, []byte(text)) {
			return got, nil
		}
	}
}

// ask sends a frame with an id and waits for its ack.
func (c *talk) ask(ctx context.Context, kind string, data map[string]any) error {
	if err := c.say(ctx, kind, data); err != nil {
		return err
	}
	got, err := c.until(ctx, `"priv/`)
	if err != nil {
		return err
	}
	if !bytes.Contains(got, []byte(`"ack"`)) {
		return fmt.Errorf("%s was refused with code %d", kind, codeOf(got))
	}
	return nil
}

// codeOf returns the code of an error frame.
func codeOf(text []byte) int {
	var f struct{ Data struct{ Code int } }
	_ = json.Unmarshal(text, &f) // 0 says that there is none
	return f.Data.Code
}

// publication is a message that is a marker in all its parts.
func (s *Sender) publication(topic string) map[string]any {
	return map[string]any{
		"topic": topic, "messageType": s.m(canary.Kind), "id": s.m(canary.MessageID),
		"payload": map[string]any{"text": s.m(canary.Payload), s.m(canary.Payload): []any{s.m(canary.Payload)}},
	}
}

// room is the topic on which most is said: it is no marker, for it is recorded.
const room = "canary"

var socketPaths = []path{
	{"WebSocket: connect with the token in the address, subscribe, publish, leave", (*Sender).conversation},
	{"WebSocket: connect with the token as a subprotocol", (*Sender).subprotocol},
	{"WebSocket: from an IPv6 address", (*Sender).fromSix},
	{"WebSocket: message to the backends, authenticate, ping", (*Sender).verbs},
	{"WebSocket: publish below priv/ and to a blinded topic", (*Sender).hidden},
	{"WebSocket: refused frames: not JSON, not UTF-8, of no known type, too large, binary", (*Sender).badFrames},
	{"WebSocket: refused topics", (*Sender).badTopics},
	{"WebSocket: refused handshakes: wrong, expired, foreign or no token, no such application", (*Sender).badTokens},
}

func (s *Sender) conversation(ctx context.Context) error {
	c, err := s.client(ctx)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	if err := c.ask(ctx, "subscribe", map[string]any{"topic": room, "id": s.m(canary.MessageID)}); err != nil {
		return err
	}
	if err := c.say(ctx, "publish", s.publication(room)); err != nil {
		return err
	}
	if _, err := c.until(ctx, s.m(canary.Payload)); err != nil {
		return fmt.Errorf("the message did not arrive: %w", err)
	}
	if err := c.say(ctx, "unsubscribe", map[string]any{"topic": room, "id": s.m(canary.MessageID)}); err != nil {
		return err
	}
	return c.Close(4321, s.m(canary.Reason))
}

func (s *Sender) subprotocol(ctx context.Context) error {
	token, err := s.token(s.Client, claims{})
	if err != nil {
		return err
	}
	c, err := s.connect(ctx, dialled{token: token, offered: true})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	return c.ask(ctx, "publish", s.publication(room))
}

func (s *Sender) fromSix(ctx context.Context) error {
	token, err := s.token(s.Client, claims{})
	if err != nil {
		return err
	}
	c, err := s.connect(ctx, dialled{token: token, address: s.m(canary.Forged) + ", " + s.m(canary.Address6)})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	return c.ask(ctx, "publish", s.publication(room))
}

func (s *Sender) verbs(ctx context.Context) error {
	c, err := s.client(ctx)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	p := s.publication("")
	delete(p, "topic")
	if err := c.ask(ctx, "message", p); err != nil {
		return err
	}
	fresh, err := s.token(s.Client, claims{})
	if err != nil {
		return err
	}
	if err := c.ask(ctx, "authenticate", map[string]any{"access_token": fresh, "id": s.m(canary.MessageID)}); err != nil {
		return err
	}
	if err := c.say(ctx, "ping", nil); err != nil {
		return err
	}
	_, err = c.until(ctx, `"pong"`)
	return err
}

func (s *Sender) hidden(ctx context.Context) error {
	c, err := s.client(ctx)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	if err := c.ask(ctx, "publish", s.publication("priv/"+s.m(canary.PrivTopic))); err != nil {
		return err
	}
	if s.made.blind == nil {
		return nil
	}
	token, err := s.token(s.made.blind.client, claims{})
	if err != nil {
		return err
	}
	b, err := s.connect(ctx, dialled{app: s.made.blind.id, token: token})
	if err != nil {
		return fmt.Errorf("the application with blinded names: %w", err)
	}
	defer b.CloseNow()
	topic := "rooms/" + s.m(canary.BlindTopic)
	return errors.Join(b.ask(ctx, "subscribe", map[string]any{"topic": topic, "id": "1"}), b.ask(ctx, "publish", s.publication(topic)))
}
