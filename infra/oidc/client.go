package oidc

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// What one answer of an issuer may take.
const (
	timeout  = 5 * time.Second
	maxBytes = 1 << 20
)

// newClient returns what asks an issuer.
func newClient(t http.RoundTripper) *http.Client {
	if t == nil {
		t = http.DefaultTransport
	}
	return &http.Client{
		Transport: bounded{t}, Timeout: timeout,
		// An issuer has no reason to, and a code or a secret must go nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded cuts answers that are too long, and makes errors of those that nobody
// here can do anything with: all but those that refuse a code.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode >= 500 || answer.StatusCode != http.StatusOK && r.Method == http.MethodGet:
		return nil, errors.Join(statusError(answer.StatusCode), answer.Body.Close())
	}
	// Read here, since who reads it later says no more than that he could not.
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxBytes+1))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return nil, fmt.Errorf("%w: %w", errCut, err)
	}
	if len(text) > maxBytes {
		return nil, errTooLong
	}
	answer.Body = io.NopCloser(bytes.NewReader(text))
	return answer, nil
}

// statusError is a status that an issuer answers with.
type statusError int

// Error returns it in words.
func (s statusError) Error() string { return fmt.Sprintf("it answers with status %d", int(s)) }

var (
	errTooLong = errors.New("its answer is too long")
	errCut     = errors.New("its answer ends early")
)

// watched is an issuer's keys. It tells apart that they cannot be fetched from
// that none of them fits, which the verifier does not.
type watched struct{ oidc.KeySet }

// troubleKey is where in a context there is a *error for it.
type troubleKey struct{}

// VerifySignature implements oidc.KeySet.
func (w watched) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := w.KeySet.VerifySignature(ctx, jwt)
	if t, ok := ctx.Value(troubleKey{}).(*error); ok && err != nil {
		if n := network(err); n != nil {
			*t = n
		}
	}
	return payload, err
}

// trouble says what failed, without what an issuer says in words.
func trouble(what string, err error) error {
	if n := network(err); n != nil {
		return fmt.Errorf("%s: %w", what, n)
	}
	return fmt.Errorf("%s: its answer is not what it must be", what)
}

// network returns what of an error comes from the network, or nil.
func network(err error) error {
	var dial *net.OpError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var status statusError
	switch {
	case errors.As(err, &name):
		return errors.New("its name is not known")
	case errors.As(err, &certificate):
		return errors.New("its certificate is not good for its name, or nobody here trusts who has made it")
	case errors.As(err, &dial):
		return dial
	case errors.As(err, &status):
		return status
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, errTooLong):
		return errTooLong
	case errors.Is(err, errCut):
		return errCut
	}
	return nil
}
