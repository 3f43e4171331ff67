package signature_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tacet/infra/local/signature"
	"tacet/infra/local/signature/signaturetest"
)

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
				r := signaturetest.Signed(t, "POST", target, test.body, test.at, presign)
				test.change(r)
				if err := signature.Verify(signaturetest.Key, r, []byte(test.body), "execute-api", signaturetest.Region, now); (err == nil) != test.good {
					t.Errorf("%v", err)
				}
			})
		}
		t.Run(fmt.Sprintf("presigned %v/another service", presign), func(t *testing.T) {
			r := signaturetest.Signed(t, "POST", target, "body", now, presign)
			if signature.Verify(signaturetest.Key, r, []byte("body"), "lambda", signaturetest.Region, now) == nil {
				t.Error("accepted")
			}
			if id, service := signature.KeyID(r); id != signaturetest.Key.ID || service != "execute-api" {
				t.Errorf("it says %s for %s", id, service)
			}
		})
		t.Run(fmt.Sprintf("presigned %v/another body", presign), func(t *testing.T) {
			r := signaturetest.Signed(t, "POST", target, "body", now, presign)
			if signature.Verify(signaturetest.Key, r, []byte("other"), "execute-api", signaturetest.Region, now) == nil {
				t.Error("accepted")
			}
		})
	}
	t.Run("malformed", func(t *testing.T) {
		for _, header := range []string{"", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x, SignedHeaders=host, Signature=", "AWS4-HMAC-SHA256 ,,,="} {
			r := httptest.NewRequest("POST", target, nil)
			r.Header.Set("Authorization", header)
			r.Header.Set("X-Amz-Date", now.Format("20060102T150405Z"))
			if signature.Verify(signaturetest.Key, r, nil, "execute-api", signaturetest.Region, now) == nil {
				t.Errorf("%q was accepted", header)
			}
		}
	})
}
