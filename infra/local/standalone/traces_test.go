package standalone_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"tacet/infra/local/standalone"
	"tacet/infra/local/tracing"
	"tacet/infra/logging"
)

// collector takes spans as a collector of OpenTelemetry does.
type collector struct {
	mu    sync.Mutex
	raw   bytes.Buffer
	spans []collected
}

type collected struct {
	TraceID, SpanID, ParentSpanID, Name, TraceState string
	Kind                                            int
	StartTimeUnixNano, EndTimeUnixNano              string
	Attributes                                      []struct {
		Key   string
		Value map[string]string
	}
	Events, Links []any
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var shipped struct {
		ResourceSpans []struct {
			ScopeSpans []struct{ Spans []collected }
		}
	}
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("X-Key") != "a key" || json.Unmarshal(body, &shipped) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(body)
	for _, rs := range shipped.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			c.spans = append(c.spans, ss.Spans...)
		}
	}
	_, _ = io.WriteString(w, "{}")
}

func (c *collector) named(name string) (found []collected) {
	for _, s := range c.spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

const (
	callersTrace = "0af7651916cd43dd8448eb211c80319c"
	callersSpan  = "b7ad6b7169203331"
)

// What one does is found again, across the fan-out, and from a backend's trace
// on; and of what was said nothing is.
func TestTracesSayWhatHappenedAndNotWhatWasSaid(t *testing.T) {
	c := &collector{}
	server := httptest.NewServer(c)
	defer server.Close()
	s := settings("")
	s.Endpoint, s.Headers = server.URL, "X-Key=a%20key"
	var log syncBuffer
	p, err := standalone.Start(s, logging.New(&log, logging.JSON, slog.LevelDebug))
	if err != nil {
		t.Fatal(err)
	}
	r := p.Running()
	ctx := patience(t)
	conn, _, err := websocket.Dial(ctx, r.WebSocket+"?access_token="+r.ClientToken+"&q=MARKER", &websocket.DialOptions{HTTPHeader: http.Header{"User-Agent": {"MARKER"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	alice := &peer{t, ctx, conn}
	alice.expect("main", "welcome")
	alice.send(`{"type":"subscribe","data":{"topic":"MARKER/topic","id":"1"}}`)
	alice.expect("priv/acks", "ack")
	alice.send(`{"type":"publish","data":{"topic":"MARKER/topic","payload":"MARKER","id":"MARKER"}}`)
	alice.next()
	alice.next()
	alice.send(`{"type":"MARKER"}`)
	alice.next()

	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.HTTP+"/api/topics/"+string(r.App)+"/publish?x=MARKER", strings.NewReader(`{"topic":"MARKER/topic","message":"MARKER"}`))
	if err != nil {
		t.Fatal(err)
	}
	q.Header = http.Header{
		"Authorization": {"Bearer " + r.AdminToken}, "User-Agent": {"MARKER"}, "Traceparent": {"00-" + callersTrace + "-" + callersSpan + "-01"},
		"Tracestate": {"vendor=MARKER"}, "Baggage": {"user=MARKER"},
	}
	if code, body := do(t, http.DefaultClient, q); code != 200 {
		t.Fatalf("%d %s", code, body)
	}
	look(t, r.HTTP+"/v1/MARKER")
	look(t, r.HTTP+"/readyz")
	if err := p.Stop(ctx); err != nil {
		t.Fatal(err)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	for _, private := range []string{"MARKER", r.ClientToken, r.AdminToken, "127.0.0.1", "baggage"} {
		if strings.Contains(c.raw.String(), private) {
			t.Errorf("%q was sent in %s", private, c.raw.String())
		}
	}
	for _, span := range c.spans {
		if len(span.Events)+len(span.Links) > 0 || span.TraceState != "" || span.StartTimeUnixNano > span.EndTimeUnixNano {
			t.Errorf("got %+v", span)
		}
		for _, a := range span.Attributes {
			if !slices.Contains(tracing.Keys, a.Key) {
				t.Errorf("%s has an attribute %s", span.Name, a.Key)
			}
		}
	}
	for _, name := range []string{"connect", "welcome", "subscribe", "publish", "frame", "post", "disconnect"} {
		if len(c.named(name)) == 0 {
			t.Errorf("there is no span %s", name)
		}
	}
	published := c.named("POST /api/topics/{app}/publish")
	if len(published) != 1 || published[0].TraceID != callersTrace || published[0].ParentSpanID != callersSpan || published[0].Kind != 2 {
		t.Fatalf("the backend's trace does not go on: %+v", published)
	}
	if !slices.ContainsFunc(c.named("post"), func(s collected) bool { return s.TraceID == callersTrace && s.ParentSpanID == published[0].SpanID }) {
		t.Errorf("the fan-out is not in the trace: %+v", c.named("post"))
	}
	if slices.ContainsFunc(c.spans, func(s collected) bool { return strings.Contains(s.Name, "readyz") }) {
		t.Error("who asks whether we are ready makes traces")
	}
	text := log.String()
	if !strings.Contains(text, `"trace":"`+callersTrace+`"`) || strings.Contains(text, "MARKER") {
		t.Errorf("the log: %s", text)
	}
	if verbs := strings.Count(text, `"msg":"verb"`); verbs != 3 || !strings.Contains(text, `"verb":"publish","code":0,"micros":`) {
		t.Errorf("%d verbs in the log: %s", verbs, text)
	}
}

// A collector that is not there is said once, and holds nobody up.
func TestWithoutACollectorThePlatformGoesOn(t *testing.T) {
	s := settings("")
	s.Endpoint = "http://127.0.0.1:1/MARKER"
	var log syncBuffer
	p, err := standalone.Start(s, logging.New(&log, logging.JSON, slog.LevelInfo))
	if err != nil {
		t.Fatal(err)
	}
	alice := mustConnect(t, p.Running())
	alice.send(`{"type":"ping","data":{"id":"1"}}`)
	alice.next()
	if err := p.Stop(patience(t)); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); strings.Count(text, "traces cannot be sent") != 1 || strings.Contains(text, "MARKER") {
		t.Errorf("the log: %s", text)
	}
}

// syncBuffer is written to and read at the same time.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
