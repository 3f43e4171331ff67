package apihost_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"tacet/infra/local/apihost"
	"tacet/infra/local/template"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// rig is a host under test.
type rig struct {
	*apihost.Host
	t   *testing.T
	log *log
}

// log is what a host logs, and what functions print.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func mustRead(t *testing.T, file string, parameters map[string]string) *template.Template {
	t.Helper()
	read, err := template.Read(file, template.Options{Parameters: parameters, Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func start(o apihost.Options) (*apihost.Host, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return apihost.Start(o, l)
}

// serve starts a host and stops it at the end.
func serve(t *testing.T, o apihost.Options) *rig {
	t.Helper()
	r := &rig{t: t, log: &log{}}
	o.Log, o.Output = slog.New(slog.NewTextHandler(r.log, nil)), r.log
	var err error
	if r.Host, err = start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Errorf("Stop: %v", err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", r.log)
		}
	})
	return r
}

// client is a WebSocket client that fails its test.
type client struct {
	*websocket.Conn
	t *testing.T
}

func (r *rig) dial(query string, o *websocket.DialOptions) *client {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, r.Facts().WebSocket+query, o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.CloseNow() })
	return &client{c, r.t}
}

// refused returns the status of a handshake that must fail.
func (r *rig) refused(query string) int {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, response, err := websocket.Dial(ctx, r.Facts().WebSocket+query, nil)
	if err == nil {
		c.CloseNow()
		r.t.Fatal("the handshake succeeded")
	}
	if response == nil {
		r.t.Fatal(err)
	}
	return response.StatusCode
}

func (c *client) send(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) expect(want string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, got, err := c.Read(ctx); err != nil || string(got) != want {
		c.t.Fatalf("got %s %v, want %s", got, err, want)
	}
}

// expectError expects one of the gateway's error frames.
func (c *client) expectError(message string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var frame struct{ Message string }
	_, got, err := c.Read(ctx)
	if err := errors.Join(err, json.Unmarshal(got, &frame)); err != nil || frame.Message != message {
		c.t.Fatalf("got %s %v, want the message %q", got, err, message)
	}
}

// until waits for what must become true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func rooms(t *testing.T) apihost.Options {
	t.Helper()
	return apihost.Options{
		Template: mustRead(t, filepath.Join("testdata", "rooms", "template.yaml"), map[string]string{"Password": "open sesame"}),
		Env:      map[string]string{"ROOMS": t.TempDir()},
	}
}

// Handlers in Python, an authorizer, messages that are lists, answers on the
// socket, callbacks by either address, throttling and timeouts of routes.
func TestTheRoomsAreOpen(t *testing.T) {
	r := serve(t, rooms(t))
	for query, want := range map[string]int{
		"?name=eve":                         401, // no identity
		"?name=eve&password=":               401,
		"?name=eve&password=nonsense":       401, // the function says so
		"?name=eve&password=guessed":        403,
		"?password=open%20sesame":           400, // who are you?
		"?name=eve&password=%20open sesame": 403,
	} {
		if got := r.refused(strings.ReplaceAll(query, " ", "%20")); got != want {
			t.Errorf("%s: status %d, want %d", query, got, want)
		}
	}
	alice := r.dial("?name=alice&password=open%20sesame", &websocket.DialOptions{Subprotocols: []string{"talk.v1", "talk.v2"}})
	if alice.Subprotocol() != "talk.v1" {
		t.Errorf("subprotocol %q", alice.Subprotocol())
	}
	bob := r.dial("?name=bob&password=open%20sesame", nil)
	for _, c := range []*client{alice, bob} {
		c.send(`["enter","kitchen"]`)
		c.expect(`{"entered": "kitchen", "motto": "be kind"}`)
	}
	alice.send(`["who","kitchen"]`)
	alice.expect(`["alice", "bob"]`)
	alice.send(`["say","hello"]`)
	for _, c := range []*client{alice, bob} {
		c.expect(`{"from": "alice", "said": "hello"}`)
	}
	bob.send(`["what"]`)
	bob.expect(`{"unknown": "[\"what\"]"}`)
	bob.send(`["fail"]`)
	bob.expectError("Internal server error")
	bob.send(`["sleep"]`)
	bob.expectError("Endpoint request timed out")
	bob.send(`["shout","HELLO"]`)
	for _, c := range []*client{alice, bob} {
		c.expect(`{"from": "bob", "said": "HELLO"}`)
	}
	bob.send(`["shout","HELLO?"]`)
	bob.expectError("Too Many Requests")

	bob.Close(websocket.StatusNormalClosure, "")
	until(t, "bob has left", func() bool {
		alice.send(`["who","kitchen"]`)
		_, text, err := alice.Read(context.Background())
		return err != nil || string(text) == `["alice"]`
	})
	for _, secret := range []string{"hello", "sesame", "kitchen", "HELLO"} {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
}

// The port speaks HTTP and TLS, whichever comes.
func TestThePortSpeaksTLSToo(t *testing.T) {
	r := serve(t, rooms(t))
	trusting := clientOf(t)
	for url, want := range map[string]int{
		r.Facts().Management + "AAAAAAAAAAACAAA=":                                      410,
		strings.Replace(r.Facts().Management, "http", "https", 1) + "AAAAAAAAAAACAAA=": 410,
	} {
		response, err := trusting.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %s", url, response.Status)
		}
	}
	trusting.CloseIdleConnections()
}

// clientOf returns a client that takes any certificate.
func clientOf(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
