package standalone_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"tacet/infra/config"
	"tacet/infra/local/site"
	"tacet/infra/local/standalone"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// They live as long as the process: the cryptography library's clean-up, and Badger's log of its own.
		goleak.IgnoreAnyFunction("github.com/golang/glog.(*fileSink).flushDaemon"),
		goleak.IgnoreAnyFunction("go.opencensus.io/stats/view.(*worker).start"),
	)
}

// settings are those of `tacet run --listen 127.0.0.1:0 --data data`; "" keeps nothing.
func settings(data string) config.Standalone {
	return config.Standalone{
		Listen: "127.0.0.1:0", Data: data, Memory: data == "", Plan: "unlimited",
		IdleTimeout: 10 * time.Minute, MaxLifetime: 2 * time.Hour, IntegrationTimeout: 29 * time.Second,
	}
}

// mustStart starts a platform that ends with the test, unless stop is called before.
func mustStart(t *testing.T, s config.Standalone) (r site.Running, stop func()) {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	p, err := standalone.Start(s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			t.Error("stop:", err)
		}
		select {
		case err := <-p.Failed():
			t.Error(err)
		default:
		}
	})
	t.Cleanup(stop)
	return p.Running(), stop
}

// patience is how long a test waits for what must come.
func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// peer is a client with one connection.
type peer struct {
	t    *testing.T
	ctx  context.Context
	conn *websocket.Conn
}

type frame struct {
	Topic, MessageType string
	Data               json.RawMessage
}

// mustDial connects to a URL as it is, reads the greeting and returns the peer and the application greeted for.
func mustDial(t *testing.T, address string) (*peer, string) {
	t.Helper()
	ctx := patience(t)
	conn, _, err := websocket.Dial(ctx, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	conn.SetReadLimit(8 << 20)
	p := &peer{t, ctx, conn}
	var hello struct {
		Connection struct{ ID, AppID string }
	}
	first := p.next()
	if first.Topic != "main" || first.MessageType != "welcome" || json.Unmarshal(first.Data, &hello) != nil {
		t.Fatalf("the first frame is %+v", first)
	}
	return p, hello.Connection.AppID
}

func mustConnect(t *testing.T, r site.Running) *peer {
	t.Helper()
	p, app := mustDial(t, r.WebSocket+"?access_token="+r.ClientToken)
	if app != string(r.App) {
		t.Fatalf("greeted for %s", app)
	}
	return p
}

func (p *peer) send(text string) {
	p.t.Helper()
	if err := p.conn.Write(p.ctx, websocket.MessageText, []byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) next() frame {
	p.t.Helper()
	_, raw, err := p.conn.Read(p.ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	var f frame
	if err := json.Unmarshal(raw, &f); err != nil {
		p.t.Fatalf("%s: %v", raw, err)
	}
	return f
}

func (p *peer) expect(topic, messageType string) json.RawMessage {
	p.t.Helper()
	f := p.next()
	if f.Topic != topic || f.MessageType != messageType {
		p.t.Fatalf("got %s %s %s, want %s %s", f.Topic, f.MessageType, f.Data, topic, messageType)
	}
	return f.Data
}

// close reads to the end and returns how it came, and what came before.
func (p *peer) close() (websocket.CloseError, []string) {
	p.t.Helper()
	var before []string
	for {
		_, raw, err := p.conn.Read(p.ctx)
		var closed websocket.CloseError
		switch {
		case err == nil:
			before = append(before, string(raw))
		case errors.As(err, &closed):
			return closed, before
		default:
			p.t.Fatal(err)
		}
	}
}

// call calls the HTTP API with the admin token.
func call(t *testing.T, r site.Running, method, path, body string) (int, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(patience(t), method, r.HTTP+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+r.AdminToken)
	return do(t, http.DefaultClient, q)
}

func do(t *testing.T, c *http.Client, q *http.Request) (int, string) {
	t.Helper()
	a, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	data, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(bytes.TrimSpace(data))
}

// withQuery replaces the path and the query of a URL.
func withQuery(t *testing.T, address, path, query string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path, u.RawQuery = path, query
	return u.String()
}
