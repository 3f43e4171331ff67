package site

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A mux tidies paths and redirects: whoever follows would have ended all
// connections of the application instead of one, or repeated a token.
func TestAnUntidyPathIsTheAPIsToRefuse(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	h := Door("ws", http.NotFoundHandler(), api)
	for _, target := range []string{"/api/connections/APP/.", "/api/connections/APP/x/..", "/api/topics/APP/a//b", "//apps/APP?access_token=T"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodDelete, "http://localhost/", nil)
		r.URL.Path = target
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d to %q", target, w.Code, w.Header().Get("Location"))
		}
	}
}
