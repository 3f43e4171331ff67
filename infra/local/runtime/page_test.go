package runtime_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"tacet/infra/local/runtime"
)

func TestWebPagesAreKeptOut(t *testing.T) {
	h := runtime.NoPages(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		name, method, host, header string
		want                       int
	}{
		{"a function", "GET", "127.0.0.1:1234", "X-Any", 204},
		{"one that speaks IPv6", "GET", "[::1]:1234", "X-Any", 204},
		{"one that says a name", "GET", "localhost:1234", "X-Any", 204},
		{"a tunnel", "CONNECT", "example.org:443", "X-Any", 204},
		{"a page's form", "POST", "127.0.0.1:1234", "Origin", 403},
		{"a page's image", "GET", "127.0.0.1:1234", "Sec-Fetch-Site", 403},
		{"a page whose name leads here", "GET", "rebound.example:1234", "X-Any", 403},
		{"one whose name only looks so", "GET", "127.0.0.1.example:1234", "X-Any", 403},
	} {
		r := httptest.NewRequest(c.method, "http://127.0.0.1/", nil)
		r.Host = c.host
		r.Header.Set(c.header, "cross-site")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
}
