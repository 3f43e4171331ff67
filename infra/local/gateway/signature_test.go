package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var testKey = Credentials{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI"}

const testRegion = "us-east-1"

// signed is a request as a server gets it, signed at a time.
func signed(t *testing.T, method, target, body string, at time.Time, presign bool) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("X-Other", "  two  spaces ")
	hash := sha256.Sum256([]byte(body))
	credentials := aws.Credentials{AccessKeyID: testKey.ID, SecretAccessKey: testKey.Secret}
	if !presign {
		if err := v4.NewSigner().SignHTTP(context.Background(), credentials, r, hex.EncodeToString(hash[:]), "execute-api", testRegion, at); err != nil {
			t.Fatal(err)
		}
		return r
	}
	url, header, err := v4.NewSigner().PresignHTTP(context.Background(), credentials, r, hex.EncodeToString(hash[:]), "execute-api", testRegion, at)
	if err != nil {
		t.Fatal(err)
	}
	again := httptest.NewRequest(method, url, strings.NewReader(body))
	for name, values := range header {
		again.Header[http.CanonicalHeaderKey(name)] = values
	}
	return again
}

// §1.7: with IAM, the handshake is signed, in the browser's case in the query
// string.
func TestHandshakeWithIAMMustBeSigned(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	g, err := New(Options{
		Stage: "prod", Selection: "x", Credentials: &testKey, Now: func() time.Time { return now },
		Routes: map[string]Route{"$connect": {IAM: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Shutdown(context.Background())
	for _, presign := range []bool{false, true} {
		for _, good := range []bool{false, true} {
			r := signed(t, "GET", "http://host.example/prod?t=1", "", now, presign)
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
