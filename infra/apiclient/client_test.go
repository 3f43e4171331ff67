package apiclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/infra/apiclient"
)

// answers serves what a test says, one answer after the other, the last of them for ever, and keeps what was asked.
type answers struct {
	all []http.HandlerFunc

	mu   sync.Mutex
	seen []*http.Request
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.seen = append(a.seen, r)
	answer := a.all[min(len(a.seen), len(a.all))-1]
	a.mu.Unlock()
	answer(w, r)
}

func (a *answers) asked() []*http.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

// status answers with a status, headers in pairs and a body.
func status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		w.Write([]byte(body))
	}
}

func breakOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// serve returns a client of a server that answers so, which waits for nothing, and how long it would have waited.
func serve(t *testing.T, all ...http.HandlerFunc) (*apiclient.Client, *answers, *[]time.Duration) {
	t.Helper()
	a := &answers{all: all}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	waited := new([]time.Duration)
	return &apiclient.Client{Base: server.URL, Token: "tacet_t_x", Wait: func(_ context.Context, d time.Duration) error {
		*waited = append(*waited, d)
		return nil
	}}, a, waited
}

func TestWhatIsAskedForHasTheTokenTheVersionAndTheKey(t *testing.T) {
	c, a, _ := serve(t, status(200, `{"id":"7"}`, "ETag", `"v2"`))
	got, err := c.Do(t.Context(), apiclient.Request{Method: "PATCH", Path: "/v1/x%2Fy", Body: map[string]int{"a": 1}, Match: `"v1"`, Once: "k"})
	if err != nil || got.Version() != `"v2"` || string(got.Body) != `{"id":"7"}` {
		t.Fatalf("%+v %v", got, err)
	}
	q := a.asked()[0]
	for name, want := range map[string]string{"Authorization": "Bearer tacet_t_x", "If-Match": `"v1"`, "Idempotency-Key": "k", "Content-Type": "application/json"} {
		if q.Header.Get(name) != want {
			t.Errorf("%s is %q", name, q.Header.Get(name))
		}
	}
	if q.URL.EscapedPath() != "/v1/x%2Fy" {
		t.Errorf("path %s", q.URL.EscapedPath())
	}
}

func TestARefusalSaysWhatTheServerSaid(t *testing.T) {
	c, a, _ := serve(t, status(403, `{"title":"Forbidden","detail":"you need apps:create","code":4300}`))
	_, err := c.Do(t.Context(), apiclient.Request{Method: "GET", Path: "/v1/me"})
	var r *apiclient.Refusal
	if !errors.As(err, &r) || r.Status != 403 || r.Code != 4300 || err.Error() != "you need apps:create" || len(a.asked()) != 1 {
		t.Errorf("%#v after %d", err, len(a.asked()))
	}
	c, _, _ = serve(t, status(502, "<html>"))
	if _, err := c.Do(t.Context(), apiclient.Request{Method: "POST", Path: "/"}); err == nil || err.Error() != "the server answered 502 Bad Gateway" {
		t.Error(err)
	}
}

func TestOnlyWhatDoesNoHarmIsRepeated(t *testing.T) {
	busy := status(503, `{"detail":"later"}`)
	for _, c := range []struct {
		name string
		q    apiclient.Request
		all  []http.HandlerFunc
		want int
	}{
		{"a read", apiclient.Request{Method: "GET"}, []http.HandlerFunc{busy, breakOff, status(200, "{}")}, 3},
		{"a creation with a key", apiclient.Request{Method: "POST", Once: "k"}, []http.HandlerFunc{breakOff, status(201, "{}")}, 2},
		{"a creation without", apiclient.Request{Method: "POST"}, []http.HandlerFunc{breakOff, status(201, "{}")}, 1},
		{"a change", apiclient.Request{Method: "PATCH", Match: "v"}, []http.HandlerFunc{busy, status(200, "{}")}, 1},
		{"anything that was not looked at", apiclient.Request{Method: "PATCH"}, []http.HandlerFunc{status(429, "", "Retry-After", "3"), status(200, "{}")}, 2},
		{"nothing for long", apiclient.Request{Method: "GET"}, []http.HandlerFunc{status(429, "", "Retry-After", "300")}, 1},
		{"nothing for ever", apiclient.Request{Method: "GET"}, []http.HandlerFunc{busy}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, a, waited := serve(t, c.all...)
			_, err := client.Do(t.Context(), c.q)
			if len(a.asked()) != c.want {
				t.Errorf("asked %d times, want %d", len(a.asked()), c.want)
			}
			if succeeded := c.want == len(c.all) && c.want > 1; succeeded != (err == nil) {
				t.Error(err)
			}
			for _, q := range a.asked() {
				if q.Header.Get("Idempotency-Key") != c.q.Once {
					t.Error("another key")
				}
			}
			if strings.HasPrefix(c.name, "anything") && (len(*waited) != 1 || (*waited)[0] != 3*time.Second) {
				t.Errorf("waited %v", *waited)
			}
		})
	}
}

func TestATokenFollowsNobody(t *testing.T) {
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(thief.Close)
	c, _, _ := serve(t, status(307, "", "Location", thief.URL))
	if _, err := c.Do(t.Context(), apiclient.Request{Method: "GET", Path: "/v1/me"}); !apiclient.Is(err, 307) {
		t.Error(err)
	}
}

func TestAListHasAllPages(t *testing.T) {
	c, a, _ := serve(t, status(200, `{"items":[1,2],"next":"b&"}`), status(200, `{"items":[],"next":"c"}`), status(200, `{"items":[3]}`))
	got, err := apiclient.Collect[int](c.List(t.Context(), "/v1/x", nil), 0)
	if text, _ := json.Marshal(got); err != nil || string(text) != "[1,2,3]" {
		t.Errorf("%s %v", text, err)
	}
	if len(a.asked()) != 3 || a.asked()[1].URL.Query().Get("cursor") != "b&" {
		t.Errorf("asked %v", a.asked())
	}
	c, a, _ = serve(t, status(200, `{"items":[1,2],"next":"b"}`))
	if got, err := apiclient.Collect[int](c.List(t.Context(), "/v1/x", nil), 2); err != nil || len(got) != 2 || len(a.asked()) != 1 {
		t.Errorf("%v %v after %d", got, err, len(a.asked()))
	}
	c, _, _ = serve(t, status(200, ` [1,2]`))
	if got, err := apiclient.Collect[int](c.List(t.Context(), "/v1/x", nil), 0); err != nil || len(got) != 2 {
		t.Errorf("%v %v", got, err)
	}
	// A server that always says that there is more is not believed for ever.
	c, _, _ = serve(t, status(200, `{"items":[1],"next":"b"}`))
	if got, err := apiclient.Collect[int](c.List(t.Context(), "/v1/x", nil), 0); err != nil || len(got) != 2 {
		t.Errorf("%v %v", got, err)
	}
	c, _, _ = serve(t, status(200, `{"items":[1],"next":"b"}`), status(404, `{"detail":"gone"}`))
	if _, err := apiclient.Collect[int](c.List(t.Context(), "/v1/x", nil), 0); err == nil || err.Error() != "gone" {
		t.Error(err)
	}
}

func TestSomebodySignsInAndOut(t *testing.T) {
	c, a, _ := serve(t, status(201, `{"token":"tacet_s_y","expires":"2026-01-02T03:04:05Z"}`))
	s, err := c.WithLink(t.Context(), "secret")
	if err != nil || s.Token != "tacet_s_y" || s.Expires.IsZero() || a.asked()[0].URL.Path != "/v1/sessions" {
		t.Errorf("%+v %v", s, err)
	}
	c, _, _ = serve(t, status(401, `{}`))
	if err := c.SignOut(t.Context()); err != nil {
		t.Error("a session that has ended:", err)
	}
}
