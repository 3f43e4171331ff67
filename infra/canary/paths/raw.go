package paths

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"tacet/infra/canary"
)

var rawPaths = []path{
	{"rubbish: no HTTP, HTTP/1.0, HTTP/2, TLS where none is spoken", (*Sender).rubbish},
	{"rubbish: huge and malformed headers", (*Sender).hugeHeaders},
	{"rubbish: breaches of the WebSocket protocol", (*Sender).breaches},
	{"rubbish: half a request, and silence", (*Sender).half},
	{"a handler that panics", (*Sender).panics},
}

// host returns where the platform listens, and whether TLS is spoken there.
func (s *Sender) host() (string, bool, error) {
	u, err := url.Parse(s.HTTP)
	if err != nil {
		return "", false, errors.New("the address of the platform is none")
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	return host, u.Scheme == "https", nil
}

// connection opens one, beneath everything else.
func (s *Sender) connection(ctx context.Context) (net.Conn, error) {
	host, secure, err := s.host()
	if err != nil {
		return nil, err
	}
	s.once()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	if secure {
		name, _, _ := net.SplitHostPort(host)
		conn = tls.Client(conn, &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12})
	}
	deadline, _ := ctx.Deadline()
	return conn, conn.SetDeadline(deadline)
}

// patience is how long an answer to rubbish is waited for: there may be none.
const patience = 2 * time.Second

// shout writes bytes to a connection of their own, and returns what comes back.
func (s *Sender) shout(ctx context.Context, text string) ([]byte, error) {
	conn, err := s.connection(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	_, _ = io.WriteString(conn, text) // it may be cut off in the middle
	answer, _ := io.ReadAll(io.LimitReader(conn, 1<<20))
	return answer, nil
}

// common are the headers of a request that is written by hand.
func (s *Sender) common() string {
	var b strings.Builder
	for name, values := range s.headers() {
		fmt.Fprintf(&b, "%s: %s\r\n", name, values[0])
	}
	return b.String()
}

// each does something for each of several at once: most of it is waiting.
func each[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	var waiting sync.WaitGroup
	for i, one := range all {
		waiting.Go(func() { errs[i] = do(one) })
	}
	waiting.Wait()
	return errors.Join(errs...)
}

func (s *Sender) rubbish(ctx context.Context) error {
	r, h := s.m(canary.Rubbish), s.common()
	failed := each([]string{
		r + "\r\n\r\n",
		"\x00\x01\x02" + r + "\r\n",
		"GET /" + s.m(canary.Path) + " HTTP/1.0\r\n" + h + "\r\n",
		"GET /" + s.m(canary.Path) + "?" + s.query() + "\r\n",
		"GET /" + s.m(canary.Path) + " HTTP/9.9\r\nHost: " + r + "\r\n" + h + "\r\n",
		r + " / HTTP/1.1\r\nHost: h\r\n" + h + "\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + r,
		"POST " + s.topics("/publish") + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + h + "\r\n" + r + "\r\n" + s.m(canary.Payload),
		"POST " + s.topics("/publish") + " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 7\r\n" + h + "\r\n" + s.m(canary.Payload),
		"PROXY TCP4 " + s.m(canary.Address4) + " 127.0.0.1 1 2\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
	}, func(text string) error {
		_, err := s.shout(ctx, text)
		return err
	})
	conn, err := s.connection(ctx)
	if err == nil {
		hello, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		_ = tls.Client(conn, &tls.Config{ServerName: strings.ToLower(r) + ".example", MinVersion: tls.VersionTLS12}).HandshakeContext(hello) // it fails where TLS is not spoken
		conn.Close()
	}
	return errors.Join(failed, err)
}

func (s *Sender) hugeHeaders(ctx context.Context) error {
	h := s.common()
	return each([]string{
		"GET /healthz HTTP/1.1\r\nHost: h\r\n" + h + "X-Huge: " + strings.Repeat(s.m(canary.Header)+" ", 3000) + "\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: h\r\n" + h + strings.Repeat("X-Many: "+s.m(canary.Header)+"\r\n", 500) + "\r\n",
		"GET /healthz HTTP/1.1\r\nHost: h\r\n" + h + "No Header " + s.m(canary.Header) + "\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: " + s.m(canary.Header) + " x\r\n" + h + "\r\n",
		"GET /healthz HTTP/1.1\r\n" + h + "\r\n",
		"GET /apps/" + s.App + "?access_token=" + strings.Repeat(s.m(canary.Claim), 800) + " HTTP/1.1\r\nHost: h\r\n" + h + "\r\n",
	}, func(text string) error {
		answer, err := s.shout(ctx, text)
		if err == nil && !bytes.HasPrefix(answer, []byte("HTTP/1.1 ")) {
			err = errors.New("there was no answer")
		}
		return err
	})
}

// breaches says what no client may say once it is connected, or on the way.
func (s *Sender) breaches(ctx context.Context) error {
	payload, reason := s.m(canary.Payload), s.m(canary.Reason)
	failed := each([][]byte{
		unmasked(0x81, []byte(payload)),                     // RFC 6455 §5.1: clients mask
		masked(0xf1, []byte(payload)),                       // reserved bits
		masked(0x83, []byte(payload)),                       // an opcode that is none
		masked(0x80, []byte(payload)),                       // the end of what never began
		masked(0x09, []byte(payload)),                       // a ping in pieces
		masked(0x89, []byte(payload)),                       // a ping with something in it
		masked(0x8a, []byte(payload)),                       // a pong that nobody asked for
		masked(0x88, append([]byte{0x03, 0xec}, reason...)), // a code that is not for the wire
		masked(0x88, append([]byte{0x10, 0x00}, reason...)), // a code of applications, and why
		masked(0x88, []byte{0x03}),
		append(masked(0x01, []byte(`{"type":"publish","data":{"payload":"`+payload)), masked(0x80, []byte(`"}}`))...),
		masked(0x81, append([]byte(payload), 0xc3)),
	}, func(frames []byte) error {
		answer, err := s.upgrade(ctx, frames)
		if err == nil && !bytes.HasPrefix(answer, []byte("HTTP/1.1 101")) {
			err = errors.New("the handshake was refused")
		}
		return err
	})
	token, err := s.token(s.Client, claims{})
	return errors.Join(failed, err, each([]string{
		"Sec-WebSocket-Version: 7\r\n", "Sec-WebSocket-Protocol: " + payload + "\r\n", "Sec-WebSocket-Extensions: " + payload + "\r\n",
	}, func(extra string) error {
		_, err := s.shout(ctx, s.handshake(token)+extra+"\r\n")
		return err
	}))
}

// handshake returns one of RFC 6455, without its end.
func (s *Sender) handshake(token string) string {
	_, rest, _ := strings.Cut(s.WebSocket, "://")
	host, path, _ := strings.Cut(rest, "/")
	return "GET /" + path + "?" + s.query() + "&access_token=" + token + " HTTP/1.1\r\nHost: " + host + "\r\n" + s.common() +
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
}

// upgrade connects by hand, writes frames, and returns all that came.
func (s *Sender) upgrade(ctx context.Context, frames []byte) ([]byte, error) {
	token, err := s.token(s.Client, claims{})
	if err != nil {
		return nil, err
	}
	return s.shout(ctx, s.handshake(token)+"\r\n"+string(frames))
}

// masked returns a frame of a client: its first byte, and what is in it.
func masked(first byte, content []byte) []byte {
	mask := [4]byte{1, 2, 3, 4}
	f := append([]byte{first, 0x80 | byte(len(content))}, mask[:]...)
	for i, c := range content {
		f = append(f, c^mask[i%4])
	}
	return f
}

func unmasked(first byte, content []byte) []byte {
	return append([]byte{first, byte(len(content))}, content...)
}

// half leaves when there is something to wait for.
func (s *Sender) half(ctx context.Context) error {
	token, err := s.token(s.Client, claims{})
	if err != nil {
		return err
	}
	for _, text := range []string{
		s.handshake(token), "POST " + s.topics("/publish") + " HTTP/1.1\r\nHost: h\r\n" + s.common() + "Authorization: Bearer " + token + "\r\nContent-Length: 5000\r\n\r\n" + s.m(canary.Payload),
	} {
		conn, err := s.connection(ctx)
		if err != nil {
			return err
		}
		_, err = io.WriteString(conn, text)
		conn.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// panics is left out: nothing makes a platform panic from outside. A test lets
// its functions panic, with markers in what they throw.
func (s *Sender) panics(context.Context) error {
	return errSkip("nothing that can be sent makes one panic; go test ./infra/canary/... lets functions panic")
}
