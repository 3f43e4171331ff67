package socket_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"tacet/infra/local/socket"
)

func TestHandshakeIsChecked(t *testing.T) {
	const good = "GET / HTTP/1.1\nHost: x\nConnection: keep-alive, Upgrade\nUpgrade: WebSocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
	for name, tc := range map[string]struct {
		old, new string
		status   int
	}{
		"good":               {"", "", 101},
		"plain GET":          {"Upgrade: WebSocket\n", "", 426},
		"no Connection":      {"Connection: keep-alive, Upgrade\n", "", 426},
		"other upgrade":      {"Upgrade: WebSocket", "Upgrade: h2c", 426},
		"POST":               {"GET", "POST", 405},
		"HTTP/1.0":           {"HTTP/1.1", "HTTP/1.0", 400},
		"old version":        {"Version: 13", "Version: 8", 426},
		"no version":         {"Sec-WebSocket-Version: 13\n", "", 426},
		"no key":             {"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n", "", 400},
		"key too short":      {"dGhlIHNhbXBsZSBub25jZQ==", "dGhl", 400},
		"key is not base64":  {"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ!==", 400},
		"two upgrade values": {"Upgrade: WebSocket", "Upgrade: h2c, websocket", 101},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, socket.Options{}, func() *funcs { return new(funcs) })
			conn, err := net.Dial("tcp", h.http.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprint(conn, strings.ReplaceAll(strings.Replace(good, tc.old, tc.new, 1), "\n", "\r\n"), "\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tc.status {
				t.Fatal("status ", resp.StatusCode)
			}
			// The key and its answer are the example of RFC 6455 §1.3.
			if tc.status == 101 && resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				t.Error("accept key ", resp.Header)
			}
		})
	}
}

// What arrives together with the handshake is read after it.
func TestFramesRightBehindTheHandshakeAreRead(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path}, func() *funcs { return &funcs{message: echo} })
		conn, err := net.Dial("tcp", h.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		head := "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
		conn.Write(append([]byte(head), text("early")...))
		r := bufio.NewReader(conn)
		if _, err := http.ReadResponse(r, nil); err != nil {
			t.Fatal(err)
		}
		c := &client{t, prefixed{conn, r}}
		c.hears("early")
	})
}

func TestProtocolIsEchoedAsTheCallerSays(t *testing.T) {
	s, err := socket.New(socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown(t.Context())
	for protocol, want := range map[string]int{"": 101, "tacet.v1": 101, "a\r\nX-Injected: b": 500} {
		client, server := net.Pipe()
		ln := &oneConn{conn: server, done: make(chan struct{})}
		hs := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.Upgrade(w, r, protocol, &funcs{closed: make(chan end, 1)})
		})}
		served := make(chan struct{})
		go func() { defer close(served); hs.Serve(ln) }()
		fmt.Fprint(client, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: other\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("Sec-WebSocket-Protocol"); resp.StatusCode != want || want == 101 && got != protocol {
			t.Errorf("%q: status %d, protocol %q", protocol, resp.StatusCode, got)
		}
		client.Close()
		hs.Close()
		<-served
	}
}

// oneConn is a listener of one connection, of a kind that event loops cannot adopt.
type oneConn struct {
	conn net.Conn
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.done
	return nil, net.ErrClosed
}
func (l *oneConn) Close() error   { close(l.done); return nil }
func (l *oneConn) Addr() net.Addr { return &net.UnixAddr{} }
