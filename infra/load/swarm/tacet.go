package swarm

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

// Tacet is the native protocol of Tacet. Its token goes into the address.
type Tacet struct{}

// Address implements [Dialect].
func (Tacet) Address(server url.URL, token string) url.URL {
	if token != "" {
		query := server.Query()
		query.Set("access_token", token)
		server.RawQuery = query.Encode()
	}
	return server
}

// Subscribe implements [Dialect].
func (Tacet) Subscribe(topic string, serial int) []byte {
	return fmt.Appendf(nil, `{"type":"subscribe","data":{"topic":%q,"id":"%d"}}`, topic, serial)
}

// Publish implements [Dialect]. The payload is a JSON value.
func (Tacet) Publish(topic string, payload []byte) []byte {
	return fmt.Appendf(nil, `{"type":"publish","data":{"topic":%q,"payload":%s}}`, topic, payload)
}

// Ear implements [Dialect]. A subscription counts as confirmed when its ack and the welcome came, in any order: on AWS
// the welcome may be the later one, and must not be taken for a delivery.
func (Tacet) Ear(delivery int) Ear {
	heard := &tacetNews{}
	return &newsEar{delivery: delivery, understand: heard.understand}
}

// tacetNews is what a connection knows of its own opening.
type tacetNews struct {
	welcome bool
	acks    int
}

func (t *tacetNews) understand(message []byte) (confirmations int, err error) {
	var frame struct {
		MessageType string `json:"messageType"`
		Data        struct {
			Data    string `json:"data"`
			Code    any    `json:"code"`
			Message string `json:"message"`
		} `json:"data"`
	}
	if err := json.Unmarshal(message, &frame); err != nil {
		return 0, errors.New("the server sent a frame that is not one of Tacet's")
	}
	switch frame.MessageType {
	case "welcome":
		t.welcome = true
	case "ack":
		if _, err := strconv.Atoi(frame.Data.Data); err == nil {
			t.acks++
		}
	case "error":
		return 0, fmt.Errorf("the server refused: %v: %s", frame.Data.Code, frame.Data.Message)
	}
	if !t.welcome {
		return 0, nil
	}
	return t.acks, nil
}

// newsEar hears a protocol in which a message is a frame: long ones are counted, short ones understood.
type newsEar struct {
	delivery   int
	understand func(message []byte) (confirmations int, err error) // the sum so far
	subscribed bool
	news       []byte
}

// Hear implements [Ear].
func (e *newsEar) Hear(l *Ledger, piece []byte, length int, last bool) error {
	if e.subscribed && length >= e.delivery {
		if last {
			l.Deliveries++
			e.news = e.news[:0]
		}
		return nil
	}
	if len(e.news)+len(piece) > newsLimit {
		return errors.New("the server sent a message longer than any greeting")
	}
	e.news = append(e.news, piece...)
	if !last {
		return nil
	}
	confirmations, err := e.understand(e.news)
	e.news = nil
	if err != nil {
		return err
	}
	l.Confirmations = confirmations
	e.subscribed = confirmations > 0
	return nil
}
