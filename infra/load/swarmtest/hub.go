// Package swarmtest is a small server for tests of the load generator. It speaks enough of Tacet's protocol to be
// measured, badly on demand: what a test plants, the generator must find. It is written to be seen through, not to be
// fast, and shares no code with what it tests.
package swarmtest

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Faults are what a Hub does wrong. The zero value does nothing wrong.
type Faults struct {
	DropEvery     int    // every so manyth delivery, counted over all, is left out; 0 for none
	RepeatEvery   int    // … is sent twice
	CloseEvery    int    // … is replaced by the end of the connection, with code 4013
	LateWelcome   bool   // the welcome comes after the first ack, as it may on AWS
	Ping          bool   // a delivery is held until the client has answered a ping
	Fragment      bool   // deliveries come in two frames
	RefusePublish bool   // publications are answered with an error
	Hoard         int    // so many bytes are kept for each connection, for ever
	Token         string // if set, others are refused with 401
}

// pingPayload has to come back in the pong (RFC 6455 §5.5.3).
const pingPayload = "are you there"

// Hub is a running server.
type Hub struct {
	URL    string
	faults Faults

	mu          sync.Mutex
	subscribers map[string][]*peer // by topic, in the order of subscribing
	subscribed  map[string]int     // by topic, since the beginning
	deliveries  int
	hoard       [][]byte
}

// peer is a connection.
type peer struct {
	connection net.Conn
	held       []string // deliveries that wait for a pong each
	welcomed   bool
}

// Serve runs a Hub on loopback until the test ends.
func Serve(t testing.TB, faults Faults) *Hub {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	hub := New(faults)
	hub.URL = "ws://" + listener.Addr().String() + "/apps/test"
	go hub.Accept(listener)
	return hub
}

// New makes a Hub that waits for Accept.
func New(faults Faults) *Hub {
	return &Hub{faults: faults, subscribers: map[string][]*peer{}, subscribed: map[string]int{}}
}

// Subscribed is how many subscriptions to a topic there ever were.
func (h *Hub) Subscribed(topic string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.subscribed[topic]
}

// Accept serves connections until the listener is closed. A connection lasts until its client ends it.
func (h *Hub) Accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer connection.Close()
			p := &peer{connection: connection}
			h.talk(p)
			h.forget(p)
		}()
	}
}

func (h *Hub) talk(p *peer) {
	in := bufio.NewReader(p.connection)
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	if h.faults.Token != "" && request.URL.Query().Get("access_token") != h.faults.Token {
		fmt.Fprint(p.connection, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
		return
	}
	accept := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(p.connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(accept[:]))
	h.mu.Lock()
	h.hoard = append(h.hoard, bytes.Repeat([]byte{1}, h.faults.Hoard))
	if !h.faults.LateWelcome {
		p.welcome()
	}
	h.mu.Unlock()
	for {
		op, message, err := readFrame(in)
		if err != nil {
			return
		}
		h.mu.Lock()
		switch op {
		case 1:
			h.handle(p, message)
		case 10:
			if len(p.held) > 0 && string(message) == pingPayload {
				p.deliver(p.held[0], h.faults.Fragment)
				p.held = p.held[1:]
			}
		}
		h.mu.Unlock()
	}
}

// handle does what a client's frame asks.
func (h *Hub) handle(p *peer, message []byte) {
	var frame struct {
		Type string `json:"type"`
		Data struct {
			Topic   string          `json:"topic"`
			ID      string          `json:"id"`
			Payload json.RawMessage `json:"payload"`
		} `json:"data"`
	}
	if err := json.Unmarshal(message, &frame); err != nil {
		p.write(1, `{"topic":"priv/errors","messageType":"error","data":{"code":"malformed","message":"not JSON"}}`)
		return
	}
	switch frame.Type {
	case "subscribe":
		h.subscribed[frame.Data.Topic]++
		h.subscribers[frame.Data.Topic] = append(h.subscribers[frame.Data.Topic], p)
		p.write(1, fmt.Sprintf(`{"topic":"priv/acks","messageType":"ack","data":{"data":%q}}`, frame.Data.ID))
		p.welcome()
	case "publish":
		if h.faults.RefusePublish {
			p.write(1, `{"topic":"priv/errors","messageType":"error","data":{"code":"rate-limited","message":"too many publications"}}`)
			return
		}
		h.publish(frame.Data.Topic, frame.Data.Payload)
	}
}

// publish delivers, or does not.
func (h *Hub) publish(topic string, payload []byte) {
	text := fmt.Sprintf(`{"topic":%q,"messageType":"broadcast","data":{"client":{"connectionId":"c","subject":"s"},"payload":%s}}`, topic, payload)
	for _, p := range h.subscribers[topic] {
		h.deliveries++
		switch {
		case due(h.deliveries, h.faults.DropEvery):
			continue
		case due(h.deliveries, h.faults.CloseEvery):
			p.write(8, "\x0f\xad"+"fell behind")
			p.connection.Close()
			continue
		case h.faults.Ping:
			p.held = append(p.held, text)
			p.write(9, pingPayload)
			continue
		}
		p.deliver(text, h.faults.Fragment)
		if due(h.deliveries, h.faults.RepeatEvery) {
			p.deliver(text, h.faults.Fragment)
		}
	}
}

// forget removes a connection from all topics.
func (h *Hub) forget(gone *peer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for topic, all := range h.subscribers {
		var stay []*peer
		for _, p := range all {
			if p != gone {
				stay = append(stay, p)
			}
		}
		h.subscribers[topic] = stay
	}
}

func due(n, every int) bool { return every > 0 && n%every == 0 }

func (p *peer) welcome() {
	if !p.welcomed {
		p.welcomed = true
		p.write(1, `{"topic":"main","messageType":"welcome","data":{"connection":{"id":"0123456789abcdef","appId":"00000000000000000000000000000000","remoteAddress":"127.0.0.0"}}}`)
	}
}

func (p *peer) deliver(text string, fragment bool) {
	if !fragment {
		p.write(1, text)
		return
	}
	half := len(text) / 2
	_, _ = p.connection.Write(frame(0x01, text[:half]))
	_, _ = p.connection.Write(frame(0x80, text[half:]))
}

func (p *peer) write(op byte, text string) { _, _ = p.connection.Write(frame(0x80|op, text)) }

// frame builds a server's frame.
func frame(first byte, text string) []byte {
	b := []byte{first}
	if len(text) < 126 {
		b = append(b, byte(len(text)))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(len(text)))
	}
	return append(b, text...)
}

// readFrame reads a client's frame.
func readFrame(in io.Reader) (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, err
	}
	size := int(head[1] & 0x7F)
	if size == 126 {
		var long [2]byte
		if _, err := io.ReadFull(in, long[:]); err != nil {
			return 0, nil, err
		}
		size = int(binary.BigEndian.Uint16(long[:]))
	}
	rest := make([]byte, 4+size)
	if _, err := io.ReadFull(in, rest); err != nil {
		return 0, nil, err
	}
	mask, payload := rest[:4], rest[4:]
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return head[0] & 0x0F, payload, nil
}
