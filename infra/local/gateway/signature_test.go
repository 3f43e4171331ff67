package gateway

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tacet/infra/local/signature/signaturetest"
)

// §1.7: with IAM, the handshake is signed, in the browser's case in the query
// string.
func TestHandshakeWithIAMMustBeSigned(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	g, err := New(Options{
		Stage: "prod", Selection: "x", Credentials: &signaturetest.Key, Now: func() time.Time { return now },
		Routes: map[string]Route{"$connect": {IAM: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Shutdown(context.Background())
	for _, presign := range []bool{false, true} {
		for _, good := range []bool{false, true} {
			r := signaturetest.Signed(t, "GET", "http://host.example/prod?t=1", "", now, presign)
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", "websocket")
			r.Header.Set("Sec-WebSocket-Version", "13")
			r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
			if !good {
				r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "t=1", "t=2", 1)
			}
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			// A recorder cannot be hijacked: 500 says that the gateway went on to the upgrade.
			if want := map[bool]int{true: 500, false: 403}[good]; w.Code != want {
				t.Errorf("presigned %v, good %v: %d, want %d", presign, good, w.Code, want)
			}
		}
	}
	if _, err := New(Options{Stage: "prod", Selection: "x", Routes: map[string]Route{"$connect": {IAM: true}}}); err == nil {
		t.Error("IAM without credentials was accepted")
	}
}
