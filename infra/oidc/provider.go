package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/grant"
)

// Options say which issuer, and how it knows us.
type Options struct {
	// Issuer is its URL, exactly as it says itself; http is for this machine.
	Issuer   string
	ClientID string
	// ClientSecret is empty for a client that has none.
	ClientSecret grant.Secret
	Now          func() time.Time
	// Transport speaks to the issuer. Nil is http.DefaultTransport.
	Transport http.RoundTripper
}

// Provider signs people in with one issuer. Safe for concurrent use.
type Provider struct {
	options Options
	client  *http.Client
	issuer  discovered
}

// New returns what signs in with an issuer. It makes no request.
func New(o Options) (*Provider, error) {
	if !safe(o.Issuer, onThisMachine(o.Issuer)) {
		return nil, errors.New("the issuer must be a URL that begins with https://, or with http:// if it is on this machine, as it says it itself")
	}
	if o.ClientID == "" {
		return nil, errors.New("the issuer knows this platform by a client id, which is missing")
	}
	p := &Provider{options: o, client: newClient(o.Transport)}
	p.issuer.now, p.issuer.find = o.Now, p.discover
	return p, nil
}

// Address returns where a browser is sent. It comes back to redirect with state
// and a code. nonce and verifier are secrets of this attempt.
func (p *Provider) Address(ctx context.Context, redirect, state, nonce, verifier string) (string, error) {
	i, err := p.issuer.get(ctx)
	if err != nil {
		return "", err
	}
	return p.exchanger(i, redirect).AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), nil
}

// Identity returns who has come back with a code, to the same redirect. The
// error is a fault: Unauthenticated if that is nobody, Unavailable if the issuer
// cannot be asked.
func (p *Provider) Identity(ctx context.Context, redirect, code, nonce, verifier string) (account.Identity, error) {
	i, err := p.issuer.get(ctx)
	if err != nil {
		return account.Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := p.exchanger(i, redirect).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return account.Identity{}, notExchanged(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return account.Identity{}, unavailable(errors.New("its answer to the code has no ID token"))
	}
	token, err := p.verify(ctx, i, raw)
	if err != nil {
		return account.Identity{}, err
	}
	if nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) == 0 {
		return account.Identity{}, unproven(errors.New("the ID token answers another attempt"))
	}
	email, err := p.email(ctx, i, token, tokens)
	if err != nil {
		return account.Identity{}, err
	}
	return account.Identity{Issuer: token.Issuer, Subject: token.Subject, Email: email}, nil
}

// verify returns what is in an ID token, if it is one for us.
func (p *Provider) verify(ctx context.Context, i *issuer, raw string) (*oidc.IDToken, error) {
	var trouble error
	token, err := i.verifier.Verify(context.WithValue(ctx, troubleKey{}, &trouble), raw)
	var expired *oidc.TokenExpiredError
	switch {
	case trouble != nil:
		return nil, unavailable(fmt.Errorf("fetch its keys: %w", trouble))
	case errors.As(err, &expired):
		return nil, unproven(errors.New("the ID token has expired"))
	case err != nil: // what it says may quote the token
		return nil, unproven(errors.New("the ID token is not signed by this issuer for this client"))
	case token.Subject == "":
		return nil, unproven(errors.New("the ID token has no subject"))
	}
	// OpenID Connect Core 3.1.3.7, 5: it may be for others as well, but then it
	// must have been asked for by us.
	var claims struct {
		Party *string `json:"azp"`
	}
	if token.Claims(&claims) != nil || claims.Party != nil && *claims.Party != p.options.ClientID || claims.Party == nil && len(token.Audience) > 1 {
		return nil, unproven(errors.New("the ID token was made for another client"))
	}
	return token, nil
}

// email returns the address that the issuer has verified, "" for none. It stands
// in the ID token, or where the issuer tells more about people.
func (p *Provider) email(ctx context.Context, i *issuer, token *oidc.IDToken, tokens *oauth2.Token) (string, error) {
	var claims struct {
		Email    string   `json:"email"`
		Verified verified `json:"email_verified"`
	}
	if token.Claims(&claims) != nil {
		return "", unproven(errors.New("the ID token's e-mail address is in no form that there is"))
	}
	if claims.Email == "" && i.provider.UserInfoEndpoint() != "" {
		more, err := i.provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil {
			return "", unavailable(trouble("ask who has signed in", err))
		}
		// Core 5.3.2: else it is about somebody else.
		if more.Subject != token.Subject {
			return "", unproven(errors.New("the issuer tells more about somebody else"))
		}
		claims.Email, claims.Verified = more.Email, verified(more.EmailVerified)
	}
	if !claims.Verified {
		return "", nil
	}
	return claims.Email, nil
}

// verified is a boolean that some issuers write as text.
type verified bool

// UnmarshalJSON takes true and "true"; anything else is false.
func (v *verified) UnmarshalJSON(data []byte) error {
	*v = string(data) == `true` || string(data) == `"true"`
	return nil
}

// exchanger returns what speaks OAuth 2.0 with the issuer.
func (p *Provider) exchanger(i *issuer, redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.options.ClientID, ClientSecret: p.options.ClientSecret.Reveal(),
		Endpoint: i.endpoint, RedirectURL: redirect, Scopes: []string{oidc.ScopeOpenID, "email"},
	}
}

// notExchanged says why a code was not taken. What the issuer says in words
// stays there.
func notExchanged(err error) error {
	var refused *oauth2.RetrieveError
	switch {
	case !errors.As(err, &refused):
		return unavailable(trouble("exchange the code", err))
	case refused.ErrorCode == "invalid_grant": // RFC 6749, 5.2
		return unproven(errors.New("the issuer does not take the code"))
	case refused.ErrorCode == "invalid_client" || refused.ErrorCode == "unauthorized_client":
		return unavailable(errors.New("it does not know this client by the id and the secret that are set"))
	}
	return unavailable(fmt.Errorf("exchange the code: it answers with status %d", refused.Response.StatusCode))
}

// unproven and unavailable are the two ways not to be signed in.
func unproven(cause error) error {
	return &fault.Error{Kind: fault.Unauthenticated, Text: "the issuer does not confirm who you are, or too late: sign in again", Cause: cause}
}

func unavailable(cause error) error {
	return &fault.Error{
		Kind: fault.Unavailable, Text: "the issuer that signs people in cannot be asked at the moment: try again in a minute",
		Cause: fmt.Errorf("the issuer of OpenID Connect: %w", cause), RetryAfter: time.Minute,
	}
}

// safe reports whether what is said to a URL is for its server alone.
func safe(text string, local bool) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && u.User == nil && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && local && loopback(u.Hostname()))
}

// onThisMachine reports whether a URL is one of this machine without TLS.
func onThisMachine(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
