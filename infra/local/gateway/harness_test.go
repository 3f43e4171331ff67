package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen. It is never spent
// when the test passes.
const patience = 20 * time.Second

// api is a gateway under test, behind a real HTTP server on loopback.
type api struct {
	*gateway.Gateway
	t    *testing.T
	http string // http://127.0.0.1:port
	ws   string // ws://127.0.0.1:port
}

// serve starts a gateway with stage "prod", routed by "$request.body.action",
// unless the options say otherwise.
func serve(t *testing.T, o gateway.Options) *api {
	t.Helper()
	if o.Stage == "" {
		o.Stage = "prod"
	}
	if o.Selection == "" {
		o.Selection = "$request.body.action"
	}
	g, err := gateway.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		server.Close()
	})
	return &api{g, t, server.URL, "ws" + strings.TrimPrefix(server.URL, "http")}
}

// client is a WebSocket client that fails its test.
type client struct {
	*websocket.Conn
	t *testing.T
}

// dial connects to the stage.
func (a *api) dial() *client { return a.dialWith("/prod", nil) }

func (a *api) dialWith(path string, o *websocket.DialOptions) *client {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, a.ws+path, o)
	if err != nil {
		a.t.Fatalf("dial %s: %v", path, err)
	}
	c.SetReadLimit(1 << 20)
	a.t.Cleanup(func() { c.CloseNow() })
	return &client{c, a.t}
}

// refused expects a handshake to fail and returns the response with its body.
func (a *api) refused(path string, header http.Header) (*http.Response, string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	c, response, err := websocket.Dial(ctx, a.ws+path, &websocket.DialOptions{HTTPHeader: header})
	if err == nil {
		c.CloseNow()
		a.t.Fatalf("the handshake succeeded")
	}
	if response == nil {
		a.t.Fatalf("no response: %v", err)
	}
	body, _ := io.ReadAll(response.Body)
	return response, string(body)
}

func (c *client) send(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// receive returns the next text.
func (c *client) receive() string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	kind, text, err := c.Read(ctx)
	if err != nil {
		c.t.Fatalf("receive: %v", err)
	}
	if kind != websocket.MessageText {
		c.t.Fatalf("received a binary frame")
	}
	return string(text)
}

// expect expects the next text to be want.
func (c *client) expect(want string) {
	c.t.Helper()
	if got := c.receive(); got != want {
		c.t.Fatalf("received %q, want %q", got, want)
	}
}

// errorFrame expects one of the gateway's error frames.
func (c *client) errorFrame(message string) map[string]string {
	c.t.Helper()
	var frame map[string]string
	text := c.receive()
	if err := json.Unmarshal([]byte(text), &frame); err != nil {
		c.t.Fatalf("%q is no error frame: %v", text, err)
	}
	if frame["message"] != message || frame["connectionId"] == "" || frame["requestId"]+frame["messageId"] == "" {
		c.t.Fatalf("error frame %q, want message %q", text, message)
	}
	return frame
}

// closed expects the connection to be closed by the server.
func (c *client) closed(code websocket.StatusCode) websocket.CloseError {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for {
		_, _, err := c.Read(ctx)
		if err == nil {
			continue
		}
		var e websocket.CloseError
		if !errors.As(err, &e) || e.Code != code {
			c.t.Fatalf("closed with %v, want code %d", err, code)
		}
		return e
	}
}

// recorder is a handler that keeps the events it has seen.
type recorder struct {
	events chan apigw.Event
	answer func(*apigw.Event) (apigw.Response, error)
}

// newRecorder answers 200 and no body, or what answer says.
func newRecorder(answer func(*apigw.Event) (apigw.Response, error)) *recorder {
	if answer == nil {
		answer = func(*apigw.Event) (apigw.Response, error) { return apigw.Response{StatusCode: 200}, nil }
	}
	return &recorder{make(chan apigw.Event, 20000), answer}
}

func (r *recorder) InvokeEvent(_ context.Context, e *apigw.Event) (apigw.Response, error) {
	kept := *e
	kept.Body = bytes.Clone(e.Body)
	r.events <- kept
	return r.answer(e)
}

func (r *recorder) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	return gateway.Func(r.InvokeEvent).Invoke(ctx, event)
}

// next returns the next event.
func (r *recorder) next(t *testing.T) apigw.Event {
	t.Helper()
	return within(t, r.events)
}

// none expects that there was no event.
func (r *recorder) none(t *testing.T) {
	t.Helper()
	select {
	case e := <-r.events:
		t.Fatalf("unexpected event: %v", e)
	default:
	}
}

// within receives from a channel, or fails.
func within[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happened")
	}
	panic("unreachable")
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond) // between two looks
	}
}

// raw is a Handler of JSON only.
type raw func(ctx context.Context, event []byte) ([]byte, error)

func (f raw) Invoke(ctx context.Context, event []byte) ([]byte, error) { return f(ctx, event) }

// status answers with a status and nothing else.
func status(code int) gateway.Func {
	return func(context.Context, *apigw.Event) (apigw.Response, error) {
		return apigw.Response{StatusCode: code}, nil
	}
}

// say answers with a body.
func say(code int, body string) gateway.Func {
	return func(context.Context, *apigw.Event) (apigw.Response, error) {
		return apigw.Response{StatusCode: code, Body: []byte(body)}, nil
	}
}

// fails is a function that fails with a text.
func fails(text string) raw {
	return func(context.Context, []byte) ([]byte, error) { return nil, errors.New(text) }
}

// oneWay and twoWay are routes to a handler.
func oneWay(h gateway.Handler) gateway.Route { return gateway.Route{Handler: h} }

func twoWay(h gateway.Handler) gateway.Route {
	return gateway.Route{Handler: h, ResponseSelection: true, Response: true}
}

// echo answers with the message.
var echo = gateway.Func(func(_ context.Context, e *apigw.Event) (apigw.Response, error) {
	return apigw.Response{StatusCode: 200, Body: bytes.Clone(e.Body)}, nil
})

// counter counts its invocations.
type counter struct {
	atomic.Int32
	gateway.Handler
}

func (c *counter) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	c.Add(1)
	return c.Handler.Invoke(ctx, event)
}

// request calls the management API without a signature.
func (a *api) request(method, path string, body string) (*http.Response, string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, a.http+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return response, string(text)
}

// both runs a test with handlers called as events and as JSON.
func both(t *testing.T, test func(t *testing.T, as func(gateway.Handler) gateway.Handler)) {
	t.Run("events", func(t *testing.T) { test(t, func(h gateway.Handler) gateway.Handler { return h }) })
	t.Run("JSON", func(t *testing.T) { test(t, gateway.Encoded) })
}

// clock stands still until it is moved.
type clock struct{ atomic.Int64 }

func (c *clock) now() time.Time        { return time.UnixMilli(1795428000000 + c.Load()) }
func (c *clock) move(by time.Duration) { c.Add(by.Milliseconds()) }

// tcp opens a WebSocket, with more headers, and returns what is below it.
func (a *api) tcp(path string, headers ...string) net.Conn {
	a.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(a.http, "http://"))
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	request := []string{
		"GET " + path + " HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}
	request = append(append(request, headers...), "", "")
	io.WriteString(c, strings.Join(request, "\r\n"))
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || response.StatusCode != 101 {
		a.t.Fatalf("no upgrade: %v", err)
	}
	return c
}

// writeFrame writes a short text as a client does, with a mask of zeros.
func writeFrame(t *testing.T, to io.Writer, text string) {
	t.Helper()
	frame := append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
	if _, err := to.Write(frame); err != nil {
		t.Fatal(err)
	}
}

var update = flag.Bool("update", false, "write the golden files")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s, then what there is:\n%s", file, diff)
	}
}
