package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

// tee is a handler that keeps each event as it came, typed or as JSON.
type tee struct {
	mu    sync.Mutex
	typed []apigw.Event
	json  [][]byte
}

func (k *tee) InvokeEvent(_ context.Context, e *apigw.Event) (apigw.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	kept := *e
	kept.Body = bytes.Clone(e.Body)
	k.typed = append(k.typed, kept)
	return apigw.Response{StatusCode: 200}, nil
}

func (k *tee) Invoke(_ context.Context, event []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.json = append(k.json, bytes.Clone(event))
	return []byte(`{"statusCode":200}`), nil
}

func (k *tee) len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.typed) + len(k.json)
}

// conversation connects, sends two messages and leaves; h sees four events.
func conversation(t *testing.T, h gateway.Handler, seen func() int) {
	var clock clock
	a := serve(t, gateway.Options{
		Ordered: true, Now: clock.now, DomainName: "abc123.execute-api.us-east-1.amazonaws.com", APIID: "abc123",
		Routes: map[string]gateway.Route{
			"$connect": oneWay(h), "$disconnect": oneWay(h), "$default": oneWay(h), "publish": oneWay(h),
		},
		Authorizer:     &gateway.Authorizer{Handler: allow(map[string]any{"plan": "pro"})},
		StageVariables: map[string]string{"colour": "blue"},
		SourceIP:       func(*http.Request) string { return "203.0.113.9" },
	})
	c := a.dialWith("/prod?t=1&twice=a&twice=b", &websocket.DialOptions{
		HTTPHeader:   http.Header{"User-Agent": {"test/1"}, "Origin": {"https://app.example"}, "X-Twice": {"1", "2"}},
		Subprotocols: []string{"ps.v1", "tok"},
	})
	clock.move(5 * time.Second)
	for i, message := range []string{`{"action":"publish","text":"é"}`, `hello`} {
		c.send(message)
		eventually(t, "the message is handled", func() bool { return seen() == 2+i })
	}
	c.Close(4000, "bye")
	eventually(t, "$disconnect is handled", func() bool { return seen() == 4 })
}

// volatile are the values that differ from one run to the next.
var volatile = regexp.MustCompile(`[A-Za-z0-9_-]{15}=|"Root=1-[0-9a-f]+-[0-9a-f]+"|127\.0\.0\.1:\d+|"integrationLatency":\d+|[A-Za-z0-9+/]{22}==`)

// masked returns JSON with what is volatile replaced by its kind.
func masked(b []byte) string {
	return volatile.ReplaceAllStringFunc(string(b), func(s string) string {
		switch {
		case strings.HasPrefix(s, `"Root`):
			return `"Root=1-TIME-RANDOM"`
		case strings.HasPrefix(s, "127"):
			return "127.0.0.1:PORT"
		case strings.HasPrefix(s, `"integration`):
			return `"integrationLatency":1`
		case strings.HasSuffix(s, "=="):
			return "KEY"
		}
		return "ID"
	})
}

// The typed path and the JSON path say the same, and both say what the golden
// file says: T-EV-01 to T-EV-04 again, through a real handshake.
func TestTypedAndJSONHandlersGetTheSameEvents(t *testing.T) {
	typed, encoded := new(tee), new(tee)
	conversation(t, typed, typed.len)
	conversation(t, gateway.Encoded(encoded), encoded.len)
	var fromTyped, fromJSON bytes.Buffer
	for i := range 4 {
		fromTyped.WriteString(masked(typed.typed[i].AppendJSON(nil)) + "\n")
		fromJSON.WriteString(masked(encoded.json[i]) + "\n")
		decoded, err := apigw.Decode(encoded.json[i])
		if err != nil {
			t.Fatal(err)
		}
		ignore := cmpopts.IgnoreFields(apigw.Event{}, "ConnectionID", "RequestID", "MessageID", "Headers", "Authorizer")
		if diff := cmp.Diff(typed.typed[i], decoded, ignore, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b apigw.Private) bool { return a == b })); diff != "" {
			t.Errorf("event %d, typed and decoded:\n%s", i, diff)
		}
	}
	golden(t, "events.jsonl", fromTyped.Bytes())
	golden(t, "events.jsonl", fromJSON.Bytes())
}

// T-EV-05, T-EV-06, T-EV-07, T-EV-08, T-EV-10, T-EV-11.
func TestWhatHoldsAcrossTheEventsOfAConnection(t *testing.T) {
	k := new(tee)
	conversation(t, gateway.Encoded(k), k.len)
	type event struct {
		RequestContext struct {
			EventType, RouteKey, RequestID, ExtendedRequestID, MessageID, ConnectionID, RequestTime string
			ConnectedAt, RequestTimeEpoch                                                           int64
		}
	}
	seen := make(map[string]bool)
	for i, text := range k.json {
		var e event
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		c := e.RequestContext
		if c.RequestID != c.ExtendedRequestID || seen[c.RequestID] {
			t.Errorf("%d: requestId %q, extendedRequestId %q", i, c.RequestID, c.ExtendedRequestID)
		}
		seen[c.RequestID] = true
		if isMessage := c.EventType == "MESSAGE"; isMessage != (c.MessageID != "") || seen[c.MessageID] && isMessage {
			t.Errorf("%d: messageId %q", i, c.MessageID)
		}
		seen[c.MessageID] = true
		if c.ConnectedAt != 1795428000000 {
			t.Errorf("%d: connectedAt %d", i, c.ConnectedAt)
		}
		if want := time.UnixMilli(c.RequestTimeEpoch).UTC().Format("02/Jan/2006:15:04:05 +0000"); c.RequestTime != want {
			t.Errorf("%d: requestTime %q, want %q", i, c.RequestTime, want)
		}
		checkID(t, c.ConnectionID, 2)
		checkID(t, c.RequestID, 5)
		if c.MessageID != "" {
			checkID(t, c.MessageID, 2)
		}
	}
}

// checkID checks the shape of §2.4, and later evidence 5.
func checkID(t *testing.T, id string, mark byte) {
	t.Helper()
	b, err := base64.URLEncoding.DecodeString(id)
	if err != nil || len(b) != 11 || b[8] != mark || b[10]&3 != 0 || !strings.HasSuffix(id, "=") || len(id) != 16 {
		t.Errorf("id %q: % x, %v", id, b, err)
	}
}

// T-EV-09.
func TestClientWithoutAUserAgentHasNoSuchKey(t *testing.T) {
	k := new(tee)
	h := gateway.Encoded(k)
	a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$connect": oneWay(h), "$default": oneWay(h)}})
	c := a.dialWith("/prod", &websocket.DialOptions{HTTPHeader: http.Header{"User-Agent": nil}})
	c.send("x")
	eventually(t, "the message is handled", func() bool { return k.len() == 2 })
	for _, e := range k.json {
		if bytes.Contains(bytes.ToLower(e), []byte("useragent")) || bytes.Contains(bytes.ToLower(e), []byte("user-agent")) {
			t.Errorf("%s", e)
		}
	}
}

// With a domain name of none, the one that the client used makes a callback
// URL that works here.
func TestDomainNameIsWhereTheClientConnectedPolicy(t *testing.T) {
	k := new(tee)
	a := serve(t, gateway.Options{Routes: connectWith(k)})
	c := a.dial()
	e := k.typed[0]
	callback := "http://" + e.DomainName + "/" + e.Stage + "/@connections/" + e.ConnectionID
	eventually(t, "the callback is accepted", func() bool { // the 101 may be here before the gateway is ready
		response, err := http.Post(callback, "text/plain", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode == 200
	})
	c.expect("hello")
}

func TestForwardedForHasTheClientBehindWhatItClaims(t *testing.T) {
	k := new(tee)
	a := serve(t, gateway.Options{Routes: connectWith(k)})
	a.dialWith("/prod", &websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {"198.51.100.1"}}})
	if got := k.typed[0].Headers.Get("x-forwarded-for"); got != "198.51.100.1, 127.0.0.1" {
		t.Errorf("%q", got)
	}
	if k.typed[0].SourceIP.Raw() != "127.0.0.1" {
		t.Errorf("the client chose its address")
	}
}

// Nothing private gets into the log, at any level, whatever goes wrong; and an
// invocation is one line.
func TestLogHasOneLineForEachInvocationAndNothingPrivate(t *testing.T) {
	const secret = "5ecret"
	var log syncBuffer
	echoes := gateway.Func(func(_ context.Context, e *apigw.Event) (apigw.Response, error) {
		switch {
		case strings.Contains(string(e.Body), "panic"):
			panic("panic of " + string(e.Body))
		case strings.Contains(string(e.Body), "error"):
			return apigw.Response{}, &secretError{string(e.Body)}
		}
		return apigw.Response{StatusCode: 200, Body: bytes.Clone(e.Body), Headers: map[string]string{"Sec-WebSocket-Protocol": "not-offered-" + secret}}, nil
	})
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		log.Reset()
		a := serve(t, gateway.Options{
			Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Ordered: true,
			Routes:   map[string]gateway.Route{"$connect": oneWay(as(echoes)), "$default": twoWay(as(echoes)), "$disconnect": oneWay(as(echoes))},
			SourceIP: func(*http.Request) string { return secret },
		})
		// coder/websocket refuses a subprotocol that it did not ask for; below it nobody does.
		tcp := a.tcp("/prod?token="+secret, "User-Agent: "+secret, "Authorization: "+secret)
		logged := func(n int) {
			eventually(t, "the invocation is logged", func() bool { return strings.Count(log.String(), `"msg":"invoked"`) >= n })
		}
		for i, message := range []string{secret, secret + " error", secret + " panic"} {
			writeFrame(t, tcp, message)
			logged(2 + i)
		}
		tcp.Close()
		logged(5)
		text := log.String()
		if strings.Contains(text, secret) {
			t.Errorf("the log holds a secret:\n%s", text)
		}
		if n := strings.Count(text, `"msg":"invoked"`); n != 5 {
			t.Errorf("%d lines:\n%s", n, text)
		}
		for _, part := range []string{`"route":"$connect","status":200`, `"fault":"error"`, `"fault":"panic"`, `"route":"$disconnect"`, `"ms":`, `"connection":"`} {
			if !strings.Contains(text, part) {
				t.Errorf("the log lacks %s:\n%s", part, text)
			}
		}
	})
}

type secretError struct{ text string }

func (e *secretError) Error() string { return e.text }

type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}
