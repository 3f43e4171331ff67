package httpapi_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"tacet/infra/httpapi"
)

// BenchmarkHandler is what a cold start pays.
func BenchmarkHandler(b *testing.B) {
	for b.Loop() {
		httpapi.API{}.Handler()
	}
}

func BenchmarkPublish(b *testing.B) {
	r := newRig(b)
	r.api.Service.Recorder = forgetful{}
	r.api.Log = nil
	handler := r.api.Handler()
	q := r.request("POST", publishPath, "")
	body := `{"topic":"nobody","message":{"text":"` + strings.Repeat("x", 1000) + `"}}`
	b.ReportAllocs()
	for b.Loop() {
		again := httptest.NewRequest("POST", publishPath, strings.NewReader(body))
		again.Header = q.Header
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, again); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
