package httpgateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tacet/infra/local/httpgateway"
)

var update = flag.Bool("update", false, "write the golden files anew")

// function remembers what it was invoked with.
type function struct {
	event  []byte
	answer string
	err    error
}

func (f *function) Invoke(_ context.Context, event []byte) ([]byte, error) {
	f.event = event
	return []byte(f.answer), f.err
}

var at = time.Date(2026, 11, 28, 8, 9, 10, 11e6, time.UTC)

func newGateway(t *testing.T, stage string, routes map[string]httpgateway.Handler) *httpgateway.Gateway {
	t.Helper()
	g, err := httpgateway.New(httpgateway.Options{
		Stage: stage, APIID: "abc", AccountID: "123456789012", Routes: routes, Now: func() time.Time { return at },
		StageVariables: map[string]string{"colour": "blue"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func send(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// random is what differs each time.
var random = regexp.MustCompile(`"(requestId|x-amzn-trace-id)": "[^"]*"`)

func TestEventsAreThoseOfAPIGateway(t *testing.T) {
	for _, c := range []struct {
		name, stage, method, target, body string
		headers                           []string
	}{
		{name: "bare", method: "GET", target: "http://abc.example/"},
		{name: "everything", stage: "prod", method: "POST", target: "http://abc.example:8443/prod/api/secure%2Ftopic/x%20y?a=1&a=2%20&b=&c", body: `{"text":"<é>"}`, headers: []string{
			"Content-Type", "application/json; charset=utf-8", "Cookie", "one=1; two=2", "X-Many", "first", "X-Many", "second", "User-Agent", "tester/1",
			"X-Forwarded-For", "192.0.2.9",
		}},
		{name: "form", method: "POST", target: "http://abc.example/api/form", body: "a=1", headers: []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{name: "compressed", method: "POST", target: "http://abc.example/api/zip", body: "zipped", headers: []string{"Content-Type", "application/json", "Content-Encoding", "gzip"}},
		{name: "untyped", method: "PUT", target: "http://abc.example/api/none", body: "bytes"},
	} {
		f := &function{answer: `{"statusCode":204}`}
		w := send(newGateway(t, c.stage, map[string]httpgateway.Handler{"$default": f, "ANY /api/{path+}": f}), c.method, c.target, c.body, c.headers...)
		if w.Code != http.StatusNoContent {
			t.Errorf("%s: status %d", c.name, w.Code)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, f.event, "", "  "); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		golden(t, c.name+".json", random.ReplaceAll(append(got.Bytes(), '\n'), []byte(`"$1": "random"`)))
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestAnswersBecomeResponses(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		err          error
		status       int
		kind, body   string
	}{
		{name: "whole", answer: `{"statusCode":201,"headers":{"Content-Type":"text/x","X-N":1},"body":"hi"}`, status: 201, kind: "text/x", body: "hi"},
		{name: "base64", answer: `{"statusCode":200,"headers":{"content-type":"a/b"},"body":"aGk=","isBase64Encoded":true}`, status: 200, kind: "a/b", body: "hi"},
		{name: "inferred", answer: `{"hello":"you"}`, status: 200, kind: "application/json", body: `{"hello":"you"}`},
		{name: "inferred text", answer: `"hello"`, status: 200, kind: "application/json", body: "hello"},
		{name: "untyped", answer: `{"statusCode":200,"body":"hi"}`, status: 200, kind: "text/plain;charset=UTF-8", body: "hi"},
		{name: "cookies", answer: `{"statusCode":200,"cookies":["a=1","b=2"]}`, status: 200},
		{name: "no JSON", answer: `oops`, status: 500, kind: "application/json", body: `{"message":"Internal Server Error"}`},
		{name: "a status that is none", answer: `{"statusCode":7}`, status: 500, kind: "application/json", body: `{"message":"Internal Server Error"}`},
		{name: "a status of the wrong type", answer: `{"statusCode":"ok"}`, status: 500, kind: "application/json", body: `{"message":"Internal Server Error"}`},
		{name: "failed", err: errors.New("secret"), status: 500, kind: "application/json", body: `{"message":"Internal Server Error"}`},
		{name: "too late", err: context.DeadlineExceeded, status: 503, kind: "application/json", body: `{"message":"Service Unavailable"}`},
	} {
		w := send(newGateway(t, "", map[string]httpgateway.Handler{"$default": &function{answer: c.answer, err: c.err}}), "GET", "/", "")
		if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Content-Type") != c.kind {
			t.Errorf("%s: %d %s %q", c.name, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if cookies := w.Header().Values("Set-Cookie"); c.name == "cookies" && len(cookies) != 2 {
			t.Errorf("%s: %q", c.name, cookies)
		}
	}
}

func TestTheClosestRouteIsTaken(t *testing.T) {
	routes, keys := map[string]httpgateway.Handler{}, []string{"GET /pets/dog/1", "GET /pets/dog/{id}", "ANY /pets/dog/1", "GET /pets/{proxy+}", "ANY /{proxy+}", "GET /"}
	for _, key := range keys {
		routes[key] = &function{answer: `"` + key + `"`}
	}
	for request, want := range map[string]string{
		"GET /pets/dog/1": "GET /pets/dog/1", "POST /pets/dog/1": "ANY /pets/dog/1", "GET /pets/dog/2": "GET /pets/dog/{id}",
		"GET /pets/dog": "GET /pets/{proxy+}", "GET /pets/cat/1/2": "GET /pets/{proxy+}", "POST /pets/cat": "ANY /{proxy+}",
		"GET /": "GET /", "POST /": `{"message":"Not Found"}`,
	} {
		method, path, _ := strings.Cut(request, " ")
		if got := send(newGateway(t, "", routes), method, path, "").Body.String(); got != want {
			t.Errorf("%s goes to %s, want %s", request, got, want)
		}
	}
	for _, key := range []string{"", "GET", "GET pets", "GET /{a+}/b"} {
		if _, err := httpgateway.New(httpgateway.Options{Routes: map[string]httpgateway.Handler{key: nil}}); err == nil {
			t.Errorf("the route key %q was accepted", key)
		}
	}
}

func TestLimitsAreThoseOfAPIGateway(t *testing.T) {
	f := &function{answer: `{}`}
	g := newGateway(t, "prod", map[string]httpgateway.Handler{"$default": f})
	for _, c := range []struct {
		name   string
		w      *httptest.ResponseRecorder
		status int
	}{
		{"another stage", send(g, "GET", "/dev/x", ""), 404},
		{"no stage", send(g, "GET", "/production", ""), 404},
		{"the stage alone", send(g, "GET", "/prod", ""), 200},
		{"long headers", send(g, "GET", "/prod", "", "X-Long", strings.Repeat("x", 10240)), 431},
		{"the largest body", send(g, "POST", "/prod", strings.Repeat("x", 10<<20)), 200},
		{"a larger one", send(g, "POST", "/prod", strings.Repeat("x", 10<<20+1)), 413},
	} {
		if c.w.Code != c.status {
			t.Errorf("%s: %d, want %d", c.name, c.w.Code, c.status)
		}
	}
}

type hanging struct{ released chan struct{} }

func (h hanging) Invoke(context.Context, []byte) ([]byte, error) { <-h.released; return nil, nil }

func TestAFunctionThatTakesTooLongIsNotWaitedFor(t *testing.T) {
	h := hanging{make(chan struct{})}
	defer close(h.released)
	g, err := httpgateway.New(httpgateway.Options{Routes: map[string]httpgateway.Handler{"$default": h}, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if w := send(g, "GET", "/", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
}

func TestTheLogHoldsNothingOfARequest(t *testing.T) {
	var log bytes.Buffer
	g, err := httpgateway.New(httpgateway.Options{
		Routes: map[string]httpgateway.Handler{"ANY /{p+}": &function{answer: `{"statusCode":200,"body":"canary"}`}},
		Log:    slog.New(slog.NewJSONHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
	defer server.Close()
	r, err := http.Post(server.URL+"/canary?canary=canary", "text/canary", strings.NewReader("canary"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if body, err := io.ReadAll(r.Body); err != nil || string(body) != "canary" {
		t.Errorf("%q %v", body, err)
	}
	if strings.Contains(log.String(), "canary") || !strings.Contains(log.String(), `"route":"ANY /{p+}","status":200`) {
		t.Errorf("it logs %s", &log)
	}
}
