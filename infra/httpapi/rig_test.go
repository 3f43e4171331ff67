package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
	"tacet/infra/httpapi"
	"tacet/infra/httpapi/door"
	"tacet/infra/logging"
)

const (
	appID       = "0123456789abcdef0123456789abcdef"
	otherApp    = "ffffffffffffffffffffffffffffffff"
	adminSecret = "the secret of admins, 32 bytes or more"
	userSecret  = "the secret of clients, 32 bytes or more"
)

// rig is an API over a platform in memory, with bob connected twice and alice
// once; all have chat/lobby.
type rig struct {
	*pubsubtest.Memory
	*sockets
	t       testing.TB
	api     httpapi.API
	handler http.Handler
	log     *bytes.Buffer
}

func newRig(t testing.TB, change ...func(*httpapi.API)) *rig {
	t.Helper()
	clock := pubsubtest.NewClock()
	m := pubsubtest.NewMemory(t, clock)
	m.Put(
		&app.App{ID: appID, Plan: "team", Settings: app.Settings{Addresses: privacy.Truncate}},
		grant.Slots{Admin: [2]grant.Slot{slot(adminSecret)}, Client: [2]grant.Slot{slot(userSecret)}},
	)
	r := &rig{Memory: m, sockets: &sockets{posted: map[wire.ConnID][]string{}}, t: t, log: &bytes.Buffer{}}
	for id, who := range map[wire.ConnID]grant.Subject{"b1=": "bob", "b2=": "bob", "a1=": "alice"} {
		r.subscribe(r.connect(appID, id, who), "chat/lobby")
	}
	service := &pubsub.Service{
		Apps: m, Connections: m, Subscriptions: m, Audience: m, Poster: r.sockets, Recorder: m, Rates: m, Now: clock.Now, Node: "here",
	}
	r.api = httpapi.API{Service: service, Reports: telemetry.Reports{Figures: m, App: m.App}, Log: logging.New(r.log, logging.JSON, slog.LevelDebug), NewID: func() string { return "made-id" }}
	for _, c := range change {
		c(&r.api)
	}
	r.handler = r.api.Handler()
	return r
}

func (r *rig) connect(to app.ID, id wire.ConnID, who grant.Subject) *pubsub.Connection {
	r.t.Helper()
	c := &pubsub.Connection{ID: id, App: to, Subject: who, ConnectedAt: now, Expires: now.Add(time.Hour)}
	if err := r.Add(r.t.Context(), c, pubsub.Quota{}); err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) subscribe(c *pubsub.Connection, n topic.Name) {
	r.t.Helper()
	if err := r.Subscribe(r.t.Context(), c, n, 0); err != nil {
		r.t.Fatal(err)
	}
}

// subscribers returns who has the topic.
func (r *rig) subscribers(n topic.Name) []wire.ConnID {
	r.t.Helper()
	ids, err := pubsubtest.ReadAll(func(from pubsub.Cursor) (pubsub.Page, error) {
		return r.Subscribers(r.t.Context(), appID, n, from)
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return ids
}

// now is when all tests happen.
var now = pubsubtest.NewClock().Now()

// sockets is a poster that reaches everybody.
type sockets struct {
	mu     sync.Mutex
	posted map[wire.ConnID][]string
	closed []wire.ConnID
}

func (s *sockets) Post(_ context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range to {
		s.posted[id] = append(s.posted[id], string(f.JSON))
	}
	return pubsub.Posted{Delivered: len(to)}
}

func (s *sockets) Close(_ context.Context, id wire.ConnID, _ wire.Code, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = append(s.closed, id)
	return nil
}

func slot(secret string) grant.Slot {
	return grant.Slot{Algorithm: grant.HS256, Text: grant.NewSecret(secret)}
}

func token(t testing.TB, secret string, permissions ...string) string {
	t.Helper()
	k, err := grant.ParseSigningKey(grant.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	text, err := grant.Sign(k, grant.Claims{Subject: "backend", Permissions: permissions, Expires: now.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var everything = []string{
	grant.Write("*"), string(grant.ManageConnections), string(grant.ManageSubscribers), string(grant.ManageApplication),
}

// request is a call with an admin token that may do everything.
func (r *rig) request(method, path, body string) *http.Request {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	q := httptest.NewRequestWithContext(context.Background(), method, path, content)
	q.Header.Set("Authorization", "Bearer "+token(r.t, adminSecret, everything...))
	q.Header.Set("Content-Type", "application/json")
	return q
}

// do answers a request and holds the answer against what is promised of all.
func (r *rig) do(q *http.Request) *httptest.ResponseRecorder {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, q)
	if w.Code >= 400 {
		r.checkProblem(w)
	}
	return w
}

func (r *rig) checkProblem(w *httptest.ResponseRecorder) {
	r.t.Helper()
	var p door.Problem
	if kind := w.Header().Get("Content-Type"); kind != "application/problem+json" {
		r.t.Errorf("%d came as %q, not as a problem document", w.Code, kind)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		r.t.Fatalf("%d: %v in %s", w.Code, err, w.Body)
	}
	r.checkDocumented(w.Code)
	if p.Status != w.Code || p.Code == 0 || p.Detail == "" || p.Title == "" || !strings.HasPrefix(p.Type, "/v1/errors#") {
		r.t.Errorf("%d came with the problem %s", w.Code, w.Body)
	}
}

// checkDocumented finds a refusal's status in the OpenAPI document, under the
// route that the log says was taken.
func (r *rig) checkDocumented(status int) {
	r.t.Helper()
	route := r.logged()["route"].(string)
	method, path, found := strings.Cut(route, " ")
	if !found {
		return
	}
	path = strings.ReplaceAll(path, "...", "")
	if _, ok := documented().Paths[path][strings.ToLower(method)].Responses[strconv.Itoa(status)]; !ok {
		r.t.Errorf("%s answers %d, which the OpenAPI document does not say", route, status)
	}
}

type document struct {
	Paths map[string]map[string]struct {
		Responses map[string]any
	}
}

var documented = sync.OnceValue(func() (doc document) {
	w := httptest.NewRecorder()
	httpapi.API{}.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/v1/openapi.json", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		panic(err)
	}
	return doc
})

// logged returns the last record in the log.
func (r *rig) logged() map[string]any {
	r.t.Helper()
	lines := strings.Split(strings.TrimSpace(r.log.String()), "\n")
	record := map[string]any{}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &record); err != nil {
		r.t.Fatalf("%v in the log: %s", err, r.log)
	}
	return record
}

// call does a request and returns status and body.
func (r *rig) call(method, path, body string) (int, string) {
	r.t.Helper()
	w := r.do(r.request(method, path, body))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func (r *rig) want(status int, body string) func(int, string) {
	return func(gotStatus int, gotBody string) {
		r.t.Helper()
		if gotStatus != status || gotBody != body {
			r.t.Errorf("got  %d %s\nwant %d %s", gotStatus, gotBody, status, body)
		}
	}
}
