// Package signature tells who signed a request, and whether it was them: the
// other side of AWS Signature Version 4.
//
// It promises that what it takes was signed with the credentials, for the
// service, the region and the time; and that a comparison takes as long
// whatever is wrong.
//
// It signs the request again with the SDK's signer and compares. So it refuses
// what that signer would not sign: a signature that covers User-Agent, Expect,
// Transfer-Encoding or an empty Content-Length. It knows no chunked payloads,
// and remembers nothing: a request can be sent twice.
package signature

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"tacet/infra/sigv4"
)

const (
	signingAlgorithm = "AWS4-HMAC-SHA256"
	amzDateFormat    = "20060102T150405Z"
	// maxSkew is how far the signer's clock may be from ours, either way.
	maxSkew = 5 * time.Minute
)

// ErrSignature says that a request is not signed, or not by whom it must be.
// It does not say which: whoever is owed that has the key to try it with.
var ErrSignature = errors.New("signature: the request is not signed as required")

// claim is what a request says of how it was signed.
type claim struct {
	accessKeyID string
	scope       string // date/region/service/aws4_request
	headers     string // names in lower case, separated by semicolons
	value       string // 64 hex digits
	token       string // of the session
	at          time.Time
	presigned   bool
}

// KeyID returns the access key id that a request says it was signed with, and
// the service that it was signed for; "" if it does not say.
func KeyID(r *http.Request) (id, service string) {
	c, ok := read(r)
	if !ok {
		return "", ""
	}
	scope := strings.Split(c.scope, "/")
	if len(scope) != 4 {
		return "", ""
	}
	return c.accessKeyID, scope[2]
}

// Verify returns ErrSignature unless a request bears a signature made with c
// for a service in a region, in its headers or in its query string, within five
// minutes of now. (A presigned request is good for X-Amz-Expires, but never for
// longer than that.)
func Verify(c sigv4.Credentials, r *http.Request, body []byte, service, region string, now time.Time) error {
	said, ok := read(r)
	if !ok || said.accessKeyID != c.ID || !same(said.token, c.Session) {
		return ErrSignature
	}
	if skew := now.Sub(said.at); skew > maxSkew || skew < -maxSkew {
		return ErrSignature
	}
	if said.scope != said.at.Format("20060102")+"/"+region+"/"+service+"/aws4_request" {
		return ErrSignature
	}
	want, err := sign(c, r, body, said, service, region)
	if err != nil || !same(said.value, want) {
		return ErrSignature
	}
	return nil
}

// same compares in a time that depends on the lengths alone.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func read(r *http.Request) (s claim, ok bool) {
	var credential, date string
	s.token = r.Header.Get("X-Amz-Security-Token")
	if query := r.URL.Query(); query.Get("X-Amz-Algorithm") == signingAlgorithm {
		s.presigned, s.token = true, query.Get("X-Amz-Security-Token")
		credential, date = query.Get("X-Amz-Credential"), query.Get("X-Amz-Date")
		s.headers, s.value = query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature")
	} else {
		fields, found := strings.CutPrefix(r.Header.Get("Authorization"), signingAlgorithm+" ")
		if !found {
			return s, false
		}
		for field := range strings.SplitSeq(fields, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
			switch name {
			case "Credential":
				credential = value
			case "SignedHeaders":
				s.headers = value
			case "Signature":
				s.value = value
			}
		}
		date = r.Header.Get("X-Amz-Date")
	}
	var err error
	s.at, err = time.Parse(amzDateFormat, date)
	s.accessKeyID, s.scope, _ = strings.Cut(credential, "/")
	return s, err == nil && s.headers != "" && s.value != ""
}

// sign returns the signature that a request ought to bear.
func sign(c sigv4.Credentials, r *http.Request, body []byte, said claim, service, region string) (string, error) {
	again := &http.Request{Method: r.Method, Host: r.Host, Header: http.Header{}, URL: cloneURL(r.URL)}
	for name := range strings.SplitSeq(said.headers, ";") {
		switch key := http.CanonicalHeaderKey(name); key {
		case "Host":
		case "Content-Length":
			again.ContentLength = int64(len(body))
		default:
			again.Header[key] = slices.Clone(r.Header.Values(key)) // the signer writes into them
		}
	}
	credentials := aws.Credentials{AccessKeyID: c.ID, SecretAccessKey: c.Secret, SessionToken: c.Session}
	hash := sha256.Sum256(body)
	payload := hex.EncodeToString(hash[:])
	signer := v4.NewSigner()
	ctx := context.Background() // for the signer's own log, which is off

	if said.presigned {
		query := again.URL.Query()
		query.Del("X-Amz-Signature")
		again.URL.RawQuery = query.Encode()
		signed, _, err := signer.PresignHTTP(ctx, credentials, again, payload, service, region, said.at)
		if err != nil {
			return "", err
		}
		u, err := url.Parse(signed)
		if err != nil {
			return "", err
		}
		return u.Query().Get("X-Amz-Signature"), nil
	}
	if err := signer.SignHTTP(ctx, credentials, again, payload, service, region, said.at); err != nil {
		return "", err
	}
	_, value, _ := strings.Cut(again.Header.Get("Authorization"), "Signature=")
	return value, nil
}

func cloneURL(u *url.URL) *url.URL {
	clone := *u
	return &clone
}
