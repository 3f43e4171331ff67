package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"tacet/core/topic"
	"tacet/core/wire"
)

// publish publishes one message and waits for the server's answer.
type publish struct {
	target
	Topic       string        `arg:"" help:"Topic to publish on."`
	Payload     *string       `arg:"" optional:"" help:"The message: JSON as it stands; anything else is sent as a JSON string. - or nothing reads it from standard input."`
	Text        bool          `help:"Send the message as a JSON string even if it is JSON: 42 as \"42\"."`
	MessageType string        `placeholder:"NAME" help:"Type of the message. Default: broadcast."`
	Compress    bool          `help:"Ask that subscribers get a binary frame."`
	HTTP        bool          `name:"http" help:"Publish over the HTTP API, as a backend does, with the admin token."`
	Timeout     time.Duration `default:"10s" help:"How long to wait for the answer."`
	JSON        asJSON        `name:"json" help:"Print the answer as a JSON object."`
}

func (publish) example() string {
	return `  tacet publish chat '{"hello":"world"}'
  echo hello | tacet publish chat -
  tacet publish --http --json chat '"from a backend"'
`
}

// numbers is what became of a message.
type numbers struct {
	Matched   int `json:"matched"`
	Delivered int `json:"delivered"`
	Gone      int `json:"gone"`
	Failed    int `json:"failed"`
}

// Run publishes the message.
func (p publish) Run(ctx context.Context, c *console) error {
	if _, err := topic.Parse(p.Topic); err != nil {
		return misused("topic %q: %w", p.Topic, err)
	}
	if p.Timeout <= 0 {
		return misused("--timeout must be longer than zero, as in 10s")
	}
	payload, err := p.payload(c)
	if err != nil {
		return err
	}
	e, err := p.find(p.HTTP)
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	by := p.byWebSocket
	if p.HTTP {
		by = p.byHTTP
	}
	n, err := by(bounded, e, payload)
	var no *refused
	switch said := (*complaint)(nil); {
	case errors.As(err, &said), errors.As(err, &no) && no.status == http.StatusForbidden:
		err = fmt.Errorf("publish on %s: %w", p.Topic, err)
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted: whether the message was published is not known")
	case bounded.Err() != nil && err != nil:
		return fmt.Errorf("no answer within %s: whether the message was published is not known", p.Timeout)
	case err != nil:
		return err
	case bool(p.JSON):
		return c.line(n)
	}
	c.say("published on %s: %d matched, %d delivered, %d gone", p.Topic, n.Matched, n.Delivered, n.Gone)
	return nil
}

var errNoMessage = misused("there is no message: give one behind the topic, or - to read it from standard input")

// payload returns the message as JSON.
func (p publish) payload(c *console) (json.RawMessage, error) {
	var text []byte
	if p.Payload == nil && isTerminal(c.in) {
		return nil, errNoMessage
	}
	if p.Payload != nil && *p.Payload != "-" {
		text = []byte(*p.Payload)
	} else {
		// What is larger than any server takes needs not be read to its end.
		read, err := io.ReadAll(io.LimitReader(c.in, wire.MaxMessage+1))
		switch {
		case err != nil:
			return nil, fmt.Errorf("read standard input: %w", err)
		case len(read) > wire.MaxMessage:
			return nil, fmt.Errorf("the message is larger than the %d bytes that a server takes", wire.MaxMessage)
		}
		text = bytes.TrimSuffix(bytes.TrimSuffix(read, []byte{'\n'}), []byte{'\r'})
		if len(text) == 0 && p.Payload == nil { // a script without standard input, most likely
			return nil, errNoMessage
		}
	}
	if !p.Text && json.Valid(text) {
		return bytes.TrimSpace(text), nil
	}
	if !utf8.Valid(text) {
		return nil, errors.New("the message is neither JSON nor UTF-8 text: encode it, as base64 perhaps")
	}
	if start := bytes.TrimSpace(text); !p.Text && len(start) > 0 && (start[0] == '{' || start[0] == '[') {
		c.say("the message begins as JSON but is not JSON: it goes out as text (--text says that this is meant)")
	}
	return json.Marshal(string(text))
}

// request is a publication without its payload, as both APIs take it.
type request struct {
	ID          string `json:"id,omitempty"`
	Topic       string `json:"topic"`
	MessageType string `json:"messageType,omitempty"`
	Compress    bool   `json:"compress,omitempty"`
}

// with returns the request with the payload under a name of its own, byte for
// byte: the encoder would change it.
func (r request) with(name string, payload json.RawMessage) ([]byte, error) {
	head, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return slices.Concat(head[:len(head)-1], []byte(`,"`+name+`":`), payload, []byte{'}'}), nil
}

func (p publish) byWebSocket(ctx context.Context, e endpoint, payload json.RawMessage) (numbers, error) {
	s, err := e.open(ctx)
	if err != nil {
		return numbers{}, err
	}
	defer s.close()
	const id = "1"
	data, err := request{id, p.Topic, p.MessageType, p.Compress}.with("payload", payload)
	if err != nil {
		return numbers{}, err
	}
	if err := s.send(ctx, wire.TypePublish, data); err != nil {
		return numbers{}, s.ended(err)
	}
	for {
		f, _, err := s.read(ctx)
		if err != nil {
			return numbers{}, s.ended(err)
		}
		switch {
		case f.is("priv/acks", "ack"):
			var a ack
			if json.Unmarshal(f.Data, &a) == nil && a.ID == id {
				return numbers{a.Matched, a.Delivered, a.Gone, a.Matched - a.Delivered - a.Gone}, nil
			}
		case f.is("priv/errors", "error"):
			said := new(complaint)
			if json.Unmarshal(f.Data, said) == nil {
				return numbers{}, said
			}
		}
	}
}

func (p publish) byHTTP(ctx context.Context, e endpoint, payload json.RawMessage) (numbers, error) {
	body, err := request{"", p.Topic, p.MessageType, p.Compress}.with("message", payload)
	if err != nil {
		return numbers{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.http+"/api/topics/"+url.PathEscape(e.app)+"/publish", bytes.NewReader(body))
	if err != nil {
		return numbers{}, err
	}
	r.Header.Set("Authorization", "Bearer "+e.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := e.client.Do(r)
	if err != nil {
		return numbers{}, unreachable(e.websocket.Host, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return numbers{}, refusal(answer)
	}
	var n numbers
	data, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err == nil {
		err = json.Unmarshal(data, &n)
	}
	if err != nil {
		return numbers{}, errors.New("the server's answer cannot be read: is this Tacet?")
	}
	return n, nil
}
