package socket_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"tacet/infra/local/socket"
)

// everyPath runs one test on each way of moving bytes that works here: there is one
// suite, and no path may differ in what handlers or clients see.
func everyPath(t *testing.T, test func(t *testing.T, path socket.Path)) {
	for _, path := range []socket.Path{socket.Goroutines, socket.Epoll, socket.Uring} {
		t.Run(path.String(), func(t *testing.T) {
			s, err := socket.New(socket.Options{Path: path})
			if err != nil {
				t.Skip("not available here: ", err)
			}
			s.Shutdown(t.Context())
			t.Parallel()
			test(t, path)
		})
	}
}

// funcs is a handler of functions, each of which may be nil. It records the end.
type funcs struct {
	open    func(*socket.Conn)
	message func(*socket.Conn, string)
	closed  chan end
}

type end struct {
	code   int
	reason string
}

func (f *funcs) Open(c *socket.Conn) {
	if f.open != nil {
		f.open(c)
	}
}

func (f *funcs) Message(c *socket.Conn, text []byte) {
	if f.message != nil {
		f.message(c, string(text))
	}
}

func (f *funcs) Closed(_ *socket.Conn, code int, reason string) { f.closed <- end{code, reason} }

func echo(c *socket.Conn, text string) { c.Send(socket.NewReply([]byte(text), false)) }

// host is a server with its HTTP front.
type host struct {
	t      testing.TB
	server *socket.Server
	http   *httptest.Server
	make   func() *funcs

	mu    sync.Mutex
	conns []*socket.Conn
	ends  chan end // of all connections; never blocks
}

func newHost(t testing.TB, o socket.Options, make func() *funcs) *host {
	return startHost(t, o, make, false)
}

func newTLSHost(t testing.TB, o socket.Options, make func() *funcs) *host {
	return startHost(t, o, make, true)
}

func startHost(t testing.TB, o socket.Options, makeFuncs func() *funcs, secure bool) *host {
	t.Helper()
	s, err := socket.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, server: s, make: makeFuncs, ends: make(chan end, 10_000)}
	h.http = httptest.NewUnstartedServer(http.HandlerFunc(h.serve))
	if secure {
		h.http.Listener = socket.NewListener(h.http.Listener)
		h.http.StartTLS()
	} else {
		h.http.Start()
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		s.Shutdown(ctx)
		h.http.Close()
	})
	return h
}

func (h *host) serve(w http.ResponseWriter, r *http.Request) {
	f := h.make()
	f.closed = h.ends
	if c, err := h.server.Upgrade(w, r, "", f); err == nil {
		h.mu.Lock()
		h.conns = append(h.conns, c)
		h.mu.Unlock()
	}
}

// end returns how the next connection to end has ended.
func (h *host) end() end {
	h.t.Helper()
	select {
	case e := <-h.ends:
		return e
	case <-time.After(10 * time.Second):
		h.t.Fatal("no connection ended")
		panic("unreachable")
	}
}

// eventually waits for a condition that something outside the test's control makes true.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(10 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("never happened: ", what)
		}
	}
}

// client is the other side, frame by frame, reading with a library that is not ours.
type client struct {
	t    testing.TB
	conn net.Conn
}

// dial opens a connection and returns both ends of it.
func (h *host) dial() (*client, *socket.Conn) {
	h.t.Helper()
	before := h.count()
	var conn net.Conn
	d := ws.Dialer{Timeout: 10 * time.Second, TLSConfig: &tls.Config{InsecureSkipVerify: true}, ReadBufferSize: 256}
	url := "ws" + h.http.URL[len("http"):]
	conn, br, _, err := d.Dial(context.Background(), url)
	if err != nil {
		h.t.Fatal(err)
	}
	if br != nil {
		early, _ := br.Peek(br.Buffered())
		conn = prefixed{conn, io.MultiReader(bytes.NewReader(early), conn)}
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	h.t.Cleanup(func() { conn.Close() })
	eventually(h.t, "upgrade", func() bool { return h.count() > before })
	return &client{h.t, conn}, h.conn(before)
}

func (h *host) conn(i int) *socket.Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.conns[i]
}

// prefixed is a connection whose first bytes have been read already.
type prefixed struct {
	net.Conn
	r io.Reader
}

func (p prefixed) Read(b []byte) (int, error) { return p.r.Read(b) }

func (h *host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}

// raw writes bytes as they are.
func (c *client) raw(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) say(text string) {
	c.t.Helper()
	c.raw(frame(ws.OpText, true, []byte(text)))
}

// frame returns a client's frame, masked.
func frame(op ws.OpCode, fin bool, payload []byte) []byte {
	return ws.MustCompileFrame(ws.MaskFrameWith(ws.NewFrame(op, fin, payload), [4]byte{0x12, 0x34, 0x56, 0x78}))
}

// read returns the next frame.
func (c *client) read() ws.Frame {
	c.t.Helper()
	f, err := readFrame(c.conn)
	if err != nil {
		c.t.Fatal("read: ", err)
	}
	if err := ws.CheckHeader(f.Header, ws.StateClientSide); err != nil {
		c.t.Fatal("the server's frame is wrong: ", err)
	}
	return f
}

func readFrame(r io.Reader) (f ws.Frame, err error) {
	if f.Header, err = ws.ReadHeader(r); err == nil {
		f.Payload = make([]byte, f.Header.Length)
		_, err = io.ReadFull(r, f.Payload)
	}
	return f, err
}

// hears expects a text message.
func (c *client) hears(want string) {
	c.t.Helper()
	if f := c.read(); f.Header.OpCode != ws.OpText || string(f.Payload) != want {
		c.t.Fatalf("heard opcode %d %.60q, want text %.60q", f.Header.OpCode, f.Payload, want)
	}
}

// hearsClose expects a close frame, answers it, and expects the end.
func (c *client) hearsClose(code int, reason string) {
	c.t.Helper()
	f := c.read()
	got, text := ws.ParseCloseFrameData(f.Payload)
	if f.Header.OpCode != ws.OpClose || int(got) != code || text != reason {
		c.t.Fatalf("heard opcode %d code %d %q, want close %d %q", f.Header.OpCode, got, text, code, reason)
	}
	c.conn.Write(frame(ws.OpClose, true, f.Payload)) // the server may have gone: fine
	c.hearsNothing()
}

// hearsNothing expects the connection to end.
func (c *client) hearsNothing() {
	c.t.Helper()
	if n, err := io.Copy(io.Discard, c.conn); n > 0 {
		c.t.Fatalf("heard %d more bytes, then %v", n, err)
	}
}
