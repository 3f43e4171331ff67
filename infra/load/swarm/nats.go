package swarm

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

// NATS is the protocol of NATS inside WebSocket frames. A frame there is a piece of a byte stream, so that its verbs
// are found by reading them; topics must be fit for subjects.
type NATS struct{}

// Address implements [Dialect]. The token, if any, would go into CONNECT; the peer asks for none.
func (NATS) Address(server url.URL, _ string) url.URL { return server }

// Subscribe implements [Dialect]. The first subscription introduces the connection too. A PONG confirms that the server
// has read what came before the PING.
func (NATS) Subscribe(topic string, serial int) []byte {
	var hello string
	if serial == 1 {
		hello = `CONNECT {"verbose":false,"pedantic":false,"tls_required":false,"name":"load","lang":"go","version":"1","protocol":1}` + "\r\n"
	}
	return fmt.Appendf(nil, "%sSUB %s %d\r\nPING\r\n", hello, topic, serial)
}

// Publish implements [Dialect].
func (NATS) Publish(topic string, payload []byte) []byte {
	return fmt.Appendf(nil, "PUB %s %d\r\n%s\r\n", topic, len(payload), payload)
}

// Ear implements [Dialect].
func (NATS) Ear(int) Ear { return &natsEar{} }

// natsEar reads the stream of verbs.
type natsEar struct {
	line []byte // the beginning of a line whose end has not come
	skip int    // bytes of a payload, its line end included, still to come
}

var crlf = []byte("\r\n")

// Hear implements [Ear].
func (e *natsEar) Hear(l *Ledger, piece []byte, _ int, _ bool) error {
	for len(piece) > 0 {
		if e.skip > 0 {
			n := min(e.skip, len(piece))
			e.skip, piece = e.skip-n, piece[n:]
			if e.skip == 0 {
				l.Deliveries++
			}
			continue
		}
		end := bytes.IndexByte(piece, '\n')
		if end < 0 {
			if len(e.line)+len(piece) > newsLimit {
				return errors.New("the server sent a line longer than any verb")
			}
			e.line = append(e.line, piece...)
			return nil
		}
		line := piece[:end+1]
		if len(e.line) > 0 {
			line = append(e.line, line...)
			e.line = e.line[:0]
		}
		piece = piece[end+1:]
		if err := e.verb(l, bytes.TrimSuffix(line, crlf)); err != nil {
			return err
		}
	}
	return nil
}

// verb understands one line.
func (e *natsEar) verb(l *Ledger, line []byte) error {
	switch {
	case bytes.HasPrefix(line, []byte("MSG ")):
		size, err := strconv.Atoi(string(line[bytes.LastIndexByte(line, ' ')+1:]))
		if err != nil || size < 0 {
			return errors.New("the server sent a MSG without a size")
		}
		e.skip = size + len(crlf)
	case bytes.Equal(line, []byte("PONG")):
		l.Confirmations++
	case bytes.Equal(line, []byte("PING")):
		l.Reply = []byte("PONG\r\n")
	case bytes.HasPrefix(line, []byte("-ERR")):
		return fmt.Errorf("the server refused: %s", line)
	}
	return nil // INFO and +OK say nothing that is needed
}
