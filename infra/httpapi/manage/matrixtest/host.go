package matrixtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
)

// Host is a platform that the matrix is tried on.
type Host struct {
	// Base is where it is: http://127.0.0.1:8080.
	Base string
	// Session returns the token of a fresh session of somebody.
	Session func(t testing.TB, who account.Identity) string
	// Client makes requests; nil is http.DefaultClient. It must not follow
	// redirects.
	Client *http.Client
}

// answer is what came.
type answer struct {
	status int
	header http.Header
	body   string
}

// same returns what of an answer must be the same for what is somebody else's
// and for what does not exist.
func (a answer) same() string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(a.status) + "\n")
	for _, name := range []string{"Content-Type", "Etag", "Location", "Set-Cookie", "Cache-Control", "Www-Authenticate", "Retry-After", "Content-Length"} {
		b.WriteString(name + ": " + strings.Join(a.header[name], ", ") + "\n")
	}
	// Each request has an id of its own, which tells nobody anything.
	return b.String() + strings.ReplaceAll(a.body, `"request":"`+a.header.Get("X-Request-Id")+`"`, "")
}

// request is what is asked for.
type request struct {
	method, path, body, token string
	header                    []string // in pairs
}

// do makes a request, again when it was one too many.
func (h Host) do(t testing.TB, q request) answer {
	t.Helper()
	for range 10 {
		a := h.once(t, q)
		if a.status != http.StatusTooManyRequests {
			return a
		}
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil {
			return a // a quota, not a rate
		}
		select {
		case <-time.After(time.Duration(seconds) * time.Second):
		case <-t.Context().Done():
			t.Fatal("the test ended while it waited")
		}
	}
	t.Fatalf("%s %s: too many requests, ten times", q.method, q.path)
	return answer{}
}

func (h Host) once(t testing.TB, q request) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), q.method, h.Base+q.path, bytes.NewReader([]byte(q.body)))
	if err != nil {
		t.Fatal(err)
	}
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	for i := 0; i < len(q.header); i += 2 {
		r.Header.Set(q.header[i], q.header[i+1])
	}
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

// must makes a request that has to succeed, and returns a member of the answer,
// "" for none.
func (h Host) must(t testing.TB, member string, q request) string {
	t.Helper()
	a := h.do(t, q)
	if a.status >= 300 {
		t.Fatalf("%s %s, to prepare the matrix: %d %s", q.method, q.path, a.status, a.body)
	}
	if member == "" {
		return ""
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%s %s: %v", q.method, q.path, err)
	}
	text, ok := v[member].(string)
	if !ok {
		t.Fatalf("%s %s: the answer has no %s: %s", q.method, q.path, member, a.body)
	}
	return text
}

// operation is what the matrix needs to know of a route.
type operation struct {
	id, method, path string
	body             string
	match            bool
	needs            account.Action // the permission that the document names; "" for none
	roles            []account.Role // and who has it, as the document says
}

func (o operation) name() string { return o.method + " " + o.path }

// operations returns those under /v1 of the host's OpenAPI document, by name.
func (h Host) operations(t testing.TB) []operation {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
			Permission  account.Action `json:"x-permission"`
			Roles       []account.Role `json:"x-roles"`
			RequestBody *struct {
				Content map[string]struct{ Example json.RawMessage }
			}
		}
	}
	if a := h.do(t, request{method: "GET", path: "/v1/openapi.json"}); json.Unmarshal([]byte(a.body), &doc) != nil || a.status != 200 {
		t.Fatalf("the OpenAPI document: %d %.200s", a.status, a.body)
	}
	var all []operation
	for path, item := range doc.Paths {
		for method, op := range item {
			if !strings.HasPrefix(path, "/v1/") {
				continue
			}
			o := operation{id: op.OperationID, method: strings.ToUpper(method), path: path, needs: op.Permission, roles: op.Roles}
			for _, p := range op.Parameters {
				o.match = o.match || p.Name == "If-Match"
			}
			if op.RequestBody != nil {
				o.body = string(op.RequestBody.Content["application/json"].Example)
			}
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+" "+a.method, b.path+" "+b.method) })
	return all
}
