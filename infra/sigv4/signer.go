package sigv4

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync"
	"time"

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
	service, region string
	general         *v4.Signer
	// secrets is a function because whoever prints a signer, or what has one,
	// prints what its pointers lead to, and Credentials are not asked how.
	secrets func() *secrets
}

type secrets struct {
	Credentials

	mu  sync.Mutex
	day string // for which key was derived
	key []byte
}

// NewSigner returns a signer for a service, such as "lambda", in a region.
func NewSigner(c Credentials, service, region string) *Signer {
	hidden := &secrets{Credentials: c}
	return &Signer{service: service, region: region, general: v4.NewSigner(), secrets: func() *secrets { return hidden }}
}

// Sign adds a date, the session's token and the signature to the headers of r,
// whose body is what it says.
func (s *Signer) Sign(ctx context.Context, r *http.Request, body []byte, at time.Time) error {
	c, err := s.secrets().Retrieve(ctx)
	if err != nil {
		return err
	}
	return s.general.SignHTTP(ctx, c, r, hexOfHash(body), s.service, s.region, at)
}

// scope is what a signature of that day is good for.
func (s *Signer) scope(day string) string {
	return day + "/" + s.region + "/" + s.service + "/" + terminator
}

// derived returns the key of a day, which takes four times as long to make as
// a signature with it.
func (s *Signer) derived(day string) []byte {
	own := s.secrets()
	own.mu.Lock()
	defer own.mu.Unlock()
	if own.day != day {
		key := []byte("AWS4" + own.Secret)
		for _, part := range []string{day, s.region, s.service, terminator} {
			h := hmac.New(sha256.New, key)
			h.Write([]byte(part))
			key = h.Sum(nil)
		}
		own.day, own.key = day, key
	}
	return own.key
}

func hexOfHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
