package signature_test

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

	"tacet/infra/local/signature"
	"tacet/infra/sigv4"
)

var testKey = sigv4.Credentials{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI"}

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
				if err := signature.Verify(testKey, r, []byte(test.body), "execute-api", testRegion, now); (err == nil) != test.good {
					t.Errorf("%v", err)
				}
			})
		}
		t.Run(fmt.Sprintf("presigned %v/another service", presign), func(t *testing.T) {
			r := signed(t, "POST", target, "body", now, presign)
			if signature.Verify(testKey, r, []byte("body"), "lambda", testRegion, now) == nil {
				t.Error("accepted")
			}
			if id, service := signature.KeyID(r); id != testKey.ID || service != "execute-api" {
				t.Errorf("it says %s for %s", id, service)
			}
		})
		t.Run(fmt.Sprintf("presigned %v/another body", presign), func(t *testing.T) {
			r := signed(t, "POST", target, "body", now, presign)
			if signature.Verify(testKey, r, []byte("other"), "execute-api", testRegion, now) == nil {
				t.Error("accepted")
			}
		})
	}
	t.Run("malformed", func(t *testing.T) {
		for _, header := range []string{"", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x, SignedHeaders=host, Signature=", "AWS4-HMAC-SHA256 ,,,="} {
			r := httptest.NewRequest("POST", target, nil)
			r.Header.Set("Authorization", header)
			r.Header.Set("X-Amz-Date", now.Format("20060102T150405Z"))
			if signature.Verify(testKey, r, nil, "execute-api", testRegion, now) == nil {
				t.Errorf("%q was accepted", header)
			}
		}
	})
}
