// Package signaturetest signs requests as AWS's own SDK does, for tests of those
// who verify them.
package signaturetest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"tacet/infra/sigv4"
)

// Key is what requests are signed with, for the service execute-api.
var Key = sigv4.Credentials{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI"}

// Region is the one that requests are signed for.
const Region = "us-east-1"

// Signed is a request as a server gets it, signed at a time: in its headers, or
// with presign in its query string.
func Signed(t testing.TB, method, target, body string, at time.Time, presign bool) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("X-Other", "  two  spaces ")
	hash := sha256.Sum256([]byte(body))
	credentials := aws.Credentials{AccessKeyID: Key.ID, SecretAccessKey: Key.Secret}
	if !presign {
		if err := v4.NewSigner().SignHTTP(t.Context(), credentials, r, hex.EncodeToString(hash[:]), "execute-api", Region, at); err != nil {
			t.Fatal(err)
		}
		return r
	}
	url, header, err := v4.NewSigner().PresignHTTP(t.Context(), credentials, r, hex.EncodeToString(hash[:]), "execute-api", Region, at)
	if err != nil {
		t.Fatal(err)
	}
	again := httptest.NewRequest(method, url, strings.NewReader(body))
	for name, values := range header {
		again.Header[http.CanonicalHeaderKey(name)] = values
	}
	return again
}
