package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var testKey = Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI"}

const testRegion = "us-east-1"

// signed is a request as a server gets it, signed at a time.
func signed(t *testing.T, method, target, body string, at time.Time, presign bool) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("X-Other", "  two  spaces ")
	hash := sha256.Sum256([]byte(body))
	credentials := aws.Credentials{AccessKeyID: testKey.AccessKeyID, SecretAccessKey: testKey.SecretAccessKey}
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

func TestSignature(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	const target = "http://host.example:3000/prod/@connections/AAAAAAAAAAACAAA%3D?b=2&a=1%20x"
	for _, presign := range []bool{false, true} {
		for name, test := range map[string]struct {
			body   string
			at     time.Time
			change func(*http.Request)
			good   bool
		}{
			"as signed":             {"body", now, func(*http.Request) {}, true},
			"empty":                 {"", now, func(*http.Request) {}, true},
			"five minutes old":      {"body", now.Add(-5 * time.Minute), func(*http.Request) {}, true},
			"five minutes early":    {"body", now.Add(5 * time.Minute), func(*http.Request) {}, true},
			"older":                 {"body", now.Add(-5*time.Minute - time.Second), func(*http.Request) {}, false},
			"earlier":               {"body", now.Add(5*time.Minute + time.Second), func(*http.Request) {}, false},
			"header that is signed": {"body", now, func(r *http.Request) { r.Header.Set("X-Other", "three") }, false},
			"header that is not":    {"body", now, func(r *http.Request) { r.Header.Set("X-New", "1") }, true},
			"another User-Agent":    {"body", now, func(r *http.Request) { r.Header.Set("User-Agent", "proxy") }, true},
			"another host":          {"body", now, func(r *http.Request) { r.Host = "other.example" }, false},
			"another method":        {"body", now, func(r *http.Request) { r.Method = "DELETE" }, false},
			"another path":          {"body", now, func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/prod", "" }, false},
			"another query":         {"body", now, func(r *http.Request) { r.URL.RawQuery += "&c=3" }, false},
		} {
			t.Run(fmt.Sprintf("presigned %v/%s", presign, name), func(t *testing.T) {
				r := signed(t, "POST", target, test.body, test.at, presign)
				test.change(r)
				if err := testKey.verify(r, []byte(test.body), testRegion, now); (err == nil) != test.good {
					t.Errorf("%v", err)
				}
			})
		}
		t.Run(fmt.Sprintf("presigned %v/another body", presign), func(t *testing.T) {
			r := signed(t, "POST", target, "body", now, presign)
			if testKey.verify(r, []byte("other"), testRegion, now) == nil {
				t.Error("accepted")
			}
		})
	}
	t.Run("malformed", func(t *testing.T) {
		for _, header := range []string{"", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x, SignedHeaders=host, Signature=", "AWS4-HMAC-SHA256 ,,,="} {
			r := httptest.NewRequest("POST", target, nil)
			r.Header.Set("Authorization", header)
			r.Header.Set("X-Amz-Date", now.Format(amzDateFormat))
			if testKey.verify(r, nil, testRegion, now) == nil {
				t.Errorf("%q was accepted", header)
			}
		}
	})
}

func TestCredentialsDoNotPrintTheirSecret(t *testing.T) {
	o := Options{Credentials: &testKey}
	for _, text := range []string{fmt.Sprint(testKey), fmt.Sprintf("%+v", testKey), fmt.Sprintf("%#v", testKey), fmt.Sprintf("%v", *o.Credentials)} {
		if strings.Contains(text, testKey.SecretAccessKey) {
			t.Errorf("%s", text)
		}
	}
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
