package scenario

import (
	"encoding/json"
	"net"
	"strconv"
	"strings"

	"github.com/gobwas/ws"
)

// pieceSize keeps pieces below the largest frame, in bytes.
const pieceSize = 30_000

func (s *person) sendAs(kind string, data []byte) error {
	switch kind {
	case "binary":
		return s.send(ws.NewBinaryFrame(data))
	case "ping":
		return s.send(ws.NewPingFrame(data))
	case "pieces":
		op, size := ws.OpText, min(pieceSize, (len(data)+1)/2)
		for len(data) > size {
			if err := s.send(ws.NewFrame(op, false, data[:size])); err != nil {
				return err
			}
			op, data = ws.OpContinuation, data[size:]
		}
		return s.send(ws.NewFrame(op, true, data))
	}
	return s.send(ws.NewTextFrame(data))
}

func (s *person) ping() error { return s.say("ping", "") }

// vanish resets the connection: no close frame, and not even the end of TCP.
func (s *person) vanish() error {
	conn := s.conn
	if secured, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secured.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	err := conn.Close()
	s.take(frame{op: ws.OpClose, code: 1006}) // as the listener will notice in a moment
	return err
}

// member is one member of a frame's data, its value as JSON text.
type member struct{ name, json string }

// say sends a request with the given id, "" for none. The frame is put
// together by hand, so that a payload goes out byte for byte.
func (s *person) say(kind, id string, members ...member) error {
	if id != "" {
		s.asked = id
		members = append(members, member{"id", quote(id)})
	}
	var data []string
	for _, m := range members {
		data = append(data, quote(m.name)+":"+m.json)
	}
	text := `{"type":` + quote(kind) + `,"data":{` + strings.Join(data, ",") + `}}`
	if kind == "authenticate" {
		s.log.said(s.name, "→", "authenticate with a fresh token, id "+id)
	} else {
		s.log.said(s.name, "→", text)
	}
	return s.write(text)
}

func (s *person) nextID() string {
	s.lastID++
	return strconv.Itoa(s.lastID)
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(text)
}
