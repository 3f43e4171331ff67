package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/core/wire"
	"tacet/infra/httpapi"
)

func TestUnknownAddressesAndMethodsAreProblems(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"POST", "/", 405, "GET, HEAD"},
		{"GET", "/MARKER", 404, ""},
		{"GET", "//v1/errors", 404, ""},
		{"GET", "/v1/../v1/errors", 404, ""},
		{"POST", "/api/topics", 404, ""},
		{"DELETE", "/api/connections/" + appID + "/", 404, ""},
		{"GET", "/telemetry/heatmap/connections/cities/" + appID + "/7", 404, ""},
		{"GET", "/healthz/", 404, ""},
		{"GET", publishPath + "/batch/", 400, ""}, // a topic, and no legal one
		{"PUT", publishPath, 405, "GET, HEAD, POST"},
		{"OPTIONS", publishPath, 405, "GET, HEAD, POST"},
		{"POST", "/api/connections/" + appID, 405, "DELETE"},
		{"MARKER", "/healthz", 405, "GET, HEAD"},
	} {
		r := newRig(t)
		w := r.do(r.request(c.method, c.path, ""))
		if w.Code != c.status || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, allowed %q; want %d, %q", c.method, c.path, w.Code, w.Header().Get("Allow"), c.status, c.allow)
		}
		if strings.Contains(w.Body.String()+r.log.String(), "MARKER") {
			t.Errorf("%s %s is repeated: %s %s", c.method, c.path, w.Body, r.log)
		}
	}
}

func TestBodiesThatAreNotPlainJSONAreRefused(t *testing.T) {
	const body = `{"topic":"chat/lobby","message":1}`
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"form":             {"Content-Type", "application/x-www-form-urlencoded", 415},
		"text":             {"Content-Type", "text/plain", 415},
		"nonsense":         {"Content-Type", ";;", 415},
		"gzip":             {"Content-Encoding", "gzip", 415},
		"with a charset":   {"Content-Type", "Application/JSON; charset=utf-8", 200},
		"no type":          {"Content-Type", "", 200},
		"identity":         {"Content-Encoding", "identity", 200},
		"strange to huma":  {"Accept", "application/cbor", 200},
		"with X-App-Id":    {"X-App-Id", "something else", 200},
		"expects continue": {"Expect", "100-continue", 200},
	} {
		r := newRig(t)
		q := r.request("POST", publishPath, body)
		q.Header.Set(c.header, c.value)
		if w := r.do(q); w.Code != c.status || w.Code == 200 && w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s %s", name, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func TestALargeBodyIsNotReadToItsEnd(t *testing.T) {
	for _, known := range []bool{true, false} {
		r := newRig(t)
		q := r.request("POST", publishPath, "")
		body := &counted{Reader: io.LimitReader(endless{}, 100<<20)}
		q.Body, q.ContentLength = io.NopCloser(body), -1
		if known {
			q.ContentLength = 100 << 20
		}
		if w := r.do(q); w.Code != 413 || body.n > 1<<20 || known && body.n > 0 {
			t.Errorf("got %d after %d bytes", w.Code, body.n)
		}
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

type counted struct {
	io.Reader
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += n
	return n, err
}

func TestABodyThatBreaksOffIsTheClientsFault(t *testing.T) {
	r := newRig(t)
	q := r.request("POST", publishPath, "")
	q.Body, q.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(`{"topic"`), broken{})), 100
	if w := r.do(q); w.Code != 400 || strings.Contains(w.Body.String(), "MARKER") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("MARKER") }

func TestStoresThatFailAreAskedAgainLater(t *testing.T) {
	for _, c := range backendCalls {
		r := newRig(t)
		r.api.Service.Apps = brokenApps{}
		if c.permission == string(grant.ManageApplication) {
			r = newRig(t, func(a *httpapi.API) { a.Reports.Figures = brokenFigures{} })
		}
		w := r.do(r.request(c.method, c.path, c.body))
		if w.Code != 503 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `"retryAfterMs":1000`) || strings.Contains(w.Body.String(), "MARKER") {
			t.Errorf("%s %s: %d %v %s", c.method, c.path, w.Code, w.Header(), w.Body)
		}
		if got := r.logged(); got["level"] != "ERROR" || !strings.Contains(got["error"].(string), "MARKER") {
			t.Errorf("the log does not say why: %v", got)
		}
	}
}

type brokenApps struct{ pubsub.Apps }

func (brokenApps) App(context.Context, app.ID) (*app.App, error) { return nil, errors.New("MARKER") }

type brokenFigures struct{}

func (brokenFigures) Sum(context.Context, app.ID, time.Time, time.Time, telemetry.Span, time.Time, func(time.Time, *telemetry.Digest) error) error {
	return errors.New("MARKER")
}

// panics throws the message that it is to post.
type panics struct{ pubsub.Poster }

func (panics) Post(_ context.Context, _ []wire.ConnID, f wire.Frame) pubsub.Posted {
	panic(string(f.JSON))
}

func TestAPanicTellsNobodyAnything(t *testing.T) {
	r := newRig(t)
	r.api.Service.Poster = panics{}
	w := r.do(r.request("POST", publishPath, `{"topic":"chat/lobby","message":"MARKER"}`))
	if w.Code != 500 || strings.Contains(w.Body.String()+r.log.String(), "MARKER") {
		t.Errorf("got %d %s\n%s", w.Code, w.Body, r.log)
	}
	if log := r.log.String(); !strings.Contains(log, `"panic":{"type":"string","at":"tacet/infra/httpapi_test.panics.Post `) {
		t.Errorf("the log does not say where: %s", log)
	}
}

// halfway panics when the body is to be written.
type halfway struct{ http.ResponseWriter }

func (halfway) Write([]byte) (int, error) { panic("MARKER") }

func TestHalfAnAnswerBreaksTheConnection(t *testing.T) {
	r := newRig(t)
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("got %v, want what makes net/http break the connection", err)
		}
		if got := r.logged(); got["msg"] != "http" || got["status"] != 200.0 || strings.Contains(r.log.String(), "MARKER") {
			t.Errorf("the log: %s", r.log)
		}
	}()
	r.handler.ServeHTTP(halfway{httptest.NewRecorder()}, r.request("GET", "/api/topics/"+appID, ""))
}

func TestARealServerServesIt(t *testing.T) {
	r := newRig(t)
	server := httptest.NewServer(r.handler)
	defer server.Close()
	q := r.request("POST", server.URL+publishPath, `{"topic":"chat/lobby","message":1}`)
	q.RequestURI = ""
	response, err := server.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != 200 || !strings.Contains(string(body), `"delivered":3`) {
		t.Errorf("got %d %s: %v", response.StatusCode, body, err)
	}
	if got := r.Records()[0].PublisherIP.Value(); got != "127.0.0.0/24" {
		t.Errorf("recorded the address %s", got)
	}
}

func TestEachRequestHasOneRecordWithoutWhatItAskedFor(t *testing.T) {
	r := newRig(t)
	q := r.request("DELETE", "/api/connections/"+appID+"?subject=MARKER", "")
	q.Header.Set("User-Agent", "MARKER")
	q.Header.Set("X-Forwarded-For", "MARKER")
	q.Header.Set("X-Request-Id", "MARKER")
	w := r.do(q)
	if n := strings.Count(r.log.String(), "\n"); n != 1 {
		t.Errorf("%d records: %s", n, r.log)
	}
	if strings.Contains(r.log.String(), "MARKER") || strings.Contains(r.log.String(), "192.0.2.1") {
		t.Errorf("the log has what was asked for, or an address: %s", r.log)
	}
	got := r.logged()
	for name, want := range map[string]any{"method": "DELETE", "route": "DELETE /api/connections/{app}", "status": 200.0, "app": appID, "request": "made-id"} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if id := w.Header().Get("X-Request-Id"); id != "made-id" {
		t.Errorf("the answer's request id is %q", id)
	}

	q = r.request("GET", "/api/topics/"+appID, "")
	q.Header.Set("Authorization", "Bearer "+token(t, userSecret))
	r.do(q)
	if got := r.logged(); got["reason"] != "token signature" || got["code"] != 4203.0 || got["status"] != 403.0 {
		t.Errorf("got %v", got)
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	r := newRig(t)
	r.api.Log, r.api.NewID = nil, nil
	w := httptest.NewRecorder()
	r.api.Handler().ServeHTTP(w, r.request("POST", publishPath, `{"topic":"chat/lobby","message":1}`))
	if w.Code != 200 || len(w.Header().Get("X-Request-Id")) < 20 || strings.Contains(w.Body.String(), `"id":""`) {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}
