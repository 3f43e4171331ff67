package oidc

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// issuer is what an issuer says that it is.
type issuer struct {
	provider *oidc.Provider
	endpoint oauth2.Endpoint
	verifier *oidc.IDTokenVerifier
}

// discover asks the issuer.
func (p *Provider) discover(ctx context.Context) (*issuer, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	provider, err := oidc.NewProvider(ctx, p.options.Issuer)
	var other *oidc.IssuerMismatchError
	if errors.As(err, &other) {
		return nil, other // two URLs, which are no secrets
	}
	if err != nil {
		return nil, trouble("discover it", err)
	}
	var says struct {
		Keys    string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&says); err != nil {
		return nil, errors.New("it describes itself in no form that there is")
	}
	endpoint := provider.Endpoint()
	for _, u := range []string{endpoint.AuthURL, endpoint.TokenURL, says.Keys} {
		if !safe(u, onThisMachine(p.options.Issuer)) {
			return nil, errors.New("it describes itself with an address that does not begin with https://")
		}
	}
	if u := provider.UserInfoEndpoint(); u != "" && !safe(u, onThisMachine(p.options.Issuer)) {
		return nil, errors.New("it describes itself with an address that does not begin with https://")
	}
	endpoint.AuthStyle = p.style(says.Methods)
	keys := watched{oidc.NewRemoteKeySet(ctx, says.Keys)}
	return &issuer{provider, endpoint, oidc.NewVerifier(p.options.Issuer, keys, &oidc.Config{
		ClientID: p.options.ClientID, Now: p.options.Now, SupportedSigningAlgs: algorithms,
	})}, nil
}

// algorithms are those whose keys are public. With the others (HS256, none)
// whoever knows the client's secret, or nothing, could sign.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
}

// style says how the issuer wants to be told the secret. It is not found out by
// trying: a code that was tried may be used up.
func (p *Provider) style(methods []string) oauth2.AuthStyle {
	basic := len(methods) == 0 || slices.Contains(methods, "client_secret_basic") // Discovery 3: the default
	if p.options.ClientSecret.IsZero() || !basic {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// fresh is how long it is believed that an issuer is as it was.
const fresh = time.Hour

// discovered remembers what an issuer says that it is. Safe for concurrent use.
type discovered struct {
	find func(context.Context) (*issuer, error)
	now  func() time.Time

	mu     sync.Mutex
	known  *issuer // nil before the first answer
	until  time.Time
	asking *asking // nil if nobody is
}

// asking is one question for all who wait for its answer.
type asking struct {
	answered chan struct{}
	issuer   *issuer
	err      error
}

// get returns what the issuer is. While it does not answer, it is what it was;
// if it never has, the error is a fault of kind Unavailable.
func (d *discovered) get(ctx context.Context) (*issuer, error) {
	d.mu.Lock()
	if d.known != nil && d.now().Before(d.until) {
		defer d.mu.Unlock()
		return d.known, nil
	}
	q, known := d.asking, d.known
	if q == nil {
		q = &asking{answered: make(chan struct{})}
		d.asking = q
		go d.ask(context.WithoutCancel(ctx), q) // whoever began may leave before the others
	}
	d.mu.Unlock()
	select {
	case <-q.answered:
	case <-ctx.Done():
		return nil, unavailable(ctx.Err())
	}
	switch {
	case q.err == nil:
		return q.issuer, nil
	case known != nil:
		return known, nil
	}
	return nil, unavailable(q.err)
}

func (d *discovered) ask(ctx context.Context, q *asking) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	q.issuer, q.err = d.find(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asking = nil
	switch {
	case q.err == nil:
		d.known, d.until = q.issuer, d.now().Add(fresh)
	case d.known != nil:
		d.until = d.now().Add(again)
	}
	close(q.answered)
}

// again is when an issuer is asked again that is known, and did not answer.
const again = time.Minute
