package socket

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"
)

// IsUpgrade reports whether r asks for a WebSocket, well or badly: whether
// Upgrade would do more than answer 426.
func IsUpgrade(r *http.Request) bool {
	return hasToken(r.Header, "Connection", "upgrade") && hasToken(r.Header, "Upgrade", "websocket")
}

// Acceptable reports whether Upgrade would accept the handshake r. For who must know before
// asking somebody else whether the client may come in.
func Acceptable(r *http.Request) bool { return flawOf(r) == nil }

// Upgrade answers an opening handshake (RFC 6455 §4.2) and takes the connection over from
// net/http; it must be the last to use w. protocol becomes Sec-WebSocket-Protocol as it
// is; empty for none. It is up to the caller whether the client offered it, and so is
// the Origin.
//
// h.Open is called before Upgrade returns, other calls of h may be under way by then. If
// there is an error, h was not called and the request has been answered, with 400,
// 405, 426, 500 or 503, or the client is gone.
func (s *Server) Upgrade(w http.ResponseWriter, r *http.Request, protocol string, h Handler) (*Conn, error) {
	if f := flawOf(r); f != nil {
		return nil, f.answer(w)
	}
	if strings.ContainsAny(protocol, "\r\n") {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return nil, errors.New("socket: protocol name breaks the header")
	}
	if !s.expect() {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return nil, ErrShutdown
	}
	c := &Conn{srv: s, handler: h, fd: -1}
	if err := s.takeOver(c, w, r.Header.Get(keyHeader), protocol); err != nil {
		s.forget()
		return nil, err
	}
	h.Open(c)
	s.add(c)
	c.link.start(c)
	return c, nil
}

// answerTime is how long writing the 101 may take.
const answerTime = 10 * time.Second

// takeOver makes the request's connection that of c.
func (s *Server) takeOver(c *Conn, w http.ResponseWriter, key, protocol string) error {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return err
	}
	err = conn.SetDeadline(time.Now().Add(answerTime))
	if err == nil {
		_, err = conn.Write(switching(key, protocol))
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		conn.Close()
		return err
	}
	if n := buffered.Reader.Buffered(); n > 0 {
		early, _ := buffered.Reader.Peek(n)
		c.keep(early)
	}
	c.opened = s.now()
	c.active.Store(c.opened)
	if !s.loops.adopt(c, conn) {
		c.link = &pipe{conn: conn, wake: make(chan struct{}, 1)}
	}
	return nil
}

// flaw is what is wrong with a handshake, and the header that says how to mend it.
type flaw struct {
	status       int
	text         string
	name, advice string
}

const keyHeader = "Sec-WebSocket-Key"

// flawOf returns what is wrong with a handshake (RFC 6455 §4.2.1), or nil.
func flawOf(r *http.Request) *flaw {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get(keyHeader))
	switch {
	case !IsUpgrade(r):
		return &flaw{http.StatusUpgradeRequired, "WebSocket upgrade required", "Upgrade", "websocket"}
	case r.Method != http.MethodGet:
		return &flaw{http.StatusMethodNotAllowed, "handshake method is not GET", "Allow", http.MethodGet}
	case !r.ProtoAtLeast(1, 1):
		return &flaw{status: http.StatusBadRequest, text: "handshake is not HTTP/1.1"}
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return &flaw{http.StatusUpgradeRequired, "WebSocket version is not 13", "Sec-WebSocket-Version", "13"}
	case err != nil || len(key) != 16:
		return &flaw{status: http.StatusBadRequest, text: "malformed Sec-WebSocket-Key"}
	}
	return nil
}

// answer refuses the handshake, and returns the flaw as an error.
func (f *flaw) answer(w http.ResponseWriter) error {
	if f.name != "" {
		w.Header().Set(f.name, f.advice)
	}
	if f.name == "Upgrade" {
		w.Header().Set("Connection", "Upgrade") // RFC 9110 §7.8
	}
	http.Error(w, f.text, f.status)
	return errors.New("socket: " + f.text)
}

// switching returns the 101 response.
func switching(key, protocol string) []byte {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	b := append(make([]byte, 0, 256), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	b = base64.StdEncoding.AppendEncode(b, sum[:])
	if protocol != "" {
		b = append(append(b, "\r\nSec-WebSocket-Protocol: "...), protocol...)
	}
	return append(b, "\r\n\r\n"...)
}

// hasToken reports whether a comma-separated header contains token, in any case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
