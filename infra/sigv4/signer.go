package sigv4

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	dayFormat  = "20060102"
	terminator = "aws4_request"
)

// Signer signs requests to one service in one region. Safe for concurrent use.
type Signer struct {
	credentials     Credentials
	service, region string
	general         *v4.Signer

	mu  sync.Mutex
	day string // for which key was derived
	key []byte
}

// NewSigner returns a signer for a service, such as "lambda", in a region.
func NewSigner(c Credentials, service, region string) *Signer {
	return &Signer{credentials: c, service: service, region: region, general: v4.NewSigner()}
}

// Sign adds a date, the session's token and the signature to the headers of r,
// whose body is what it says.
func (s *Signer) Sign(ctx context.Context, r *http.Request, body []byte, at time.Time) error {
	c := aws.Credentials{AccessKeyID: s.credentials.ID, SecretAccessKey: s.credentials.Secret, SessionToken: s.credentials.Session}
	return s.general.SignHTTP(ctx, c, r, hexOfHash(body), s.service, s.region, at)
}

// scope is what a signature of that day is good for.
func (s *Signer) scope(day string) string {
	return day + "/" + s.region + "/" + s.service + "/" + terminator
}

// derived returns the key of a day, which takes four times as long to make as
// a signature with it.
func (s *Signer) derived(day string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.day != day {
		key := []byte("AWS4" + s.credentials.Secret)
		for _, part := range []string{day, s.region, s.service, terminator} {
			h := hmac.New(sha256.New, key)
			h.Write([]byte(part))
			key = h.Sum(nil)
		}
		s.day, s.key = day, key
	}
	return s.key
}

func hexOfHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
