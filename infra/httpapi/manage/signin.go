package manage

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/infra/httpapi/door"
)

// Issuer signs people in with OpenID Connect. Safe for concurrent use.
type Issuer interface {
	// Address returns where a browser is sent to sign somebody in. It comes
	// back to redirect with state and a code. nonce and verifier (RFC 7636) are
	// secrets of this attempt.
	Address(ctx context.Context, redirect, state, nonce, verifier string) (string, error)
	// Identity returns who has come back with a code. The error is a fault of
	// kind Unauthenticated if that is nobody.
	Identity(ctx context.Context, redirect, code, nonce, verifier string) (account.Identity, error)
}

const (
	signInPath   = "/v1/sign-in"
	callbackPath = "/v1/sign-in/callback"

	// attemptLife is how long signing in may take.
	attemptLife = 10 * time.Minute
)

// attempt is somebody who is about to sign in: his browser keeps it, sealed, in
// a cookie.
type attempt struct {
	State, Nonce, Verifier string
	Port                   string // of a command that waits for a code; "" for a browser
	Challenge              string // of the command
	Expires                time.Time
}

// attemptPlace is where attempts lie, for their Sealer.
const attemptPlace = "sign-in attempt"

// redirectOutput sends a browser on.
type redirectOutput struct {
	Location  string        `header:"Location" doc:"Where to go on."`
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"What the browser keeps for the callback, or the session."`
}

func (s *server) routeSignIn() {
	public(s, operation{
		id: "begin-sign-in", method: http.MethodGet, path: signInPath, tag: "sessions", status: http.StatusFound,
		summary: "Send a browser to the issuer", query: []string{"port", "challenge"},
		text: "With port and challenge, for a command that listens on loopback: it gets a code at http://127.0.0.1:PORT/?code=…, and exchanges it with its verifier.", refusals: []int{http.StatusNotFound},
	}, s.beginSignIn)
	public(s, operation{
		id: "end-sign-in", method: http.MethodGet, path: callbackPath, tag: "sessions", status: http.StatusFound,
		summary: "Where the issuer sends a browser back to", query: []string{"code", "state", "error", "error_description", "iss", "session_state"},
		text: "Nobody else calls it.", refusals: []int{http.StatusUnauthorized, http.StatusNotFound},
	}, s.endSignIn)
}

var errNoIssuer = &fault.Error{Kind: fault.NotFound, Text: "nobody is signed in by an issuer here: use the one-time link that the server has printed"}

func (s *server) beginSignIn(ctx context.Context, c *call) (*redirectOutput, error) {
	if s.Issuer == nil {
		return nil, errNoIssuer
	}
	if err := s.limiter.signIn(c); err != nil {
		return nil, err
	}
	a := attempt{
		State: s.random(), Nonce: s.random(), Verifier: s.random(),
		Port: c.query.Get("port"), Challenge: c.query.Get("challenge"), Expires: s.now().Add(attemptLife),
	}
	if n, err := strconv.Atoi(a.Port); a.Port != "" && (err != nil || n > 65535) || (a.Port == "") != (a.Challenge == "") {
		return nil, door.Invalid("port and challenge belong together, and a port is 1 to 65535")
	}
	to, err := s.Issuer.Address(ctx, c.origin()+callbackPath, a.State, a.Nonce, a.Verifier)
	if err != nil {
		return nil, err
	}
	kept, err := s.seal(ctx, a, attemptPlace)
	if err != nil {
		return nil, err
	}
	// Lax, since the issuer's page is what brings the browser back.
	cookie := s.cookie(s.attemptName(), kept, attemptLife, http.SameSiteLaxMode)
	return &redirectOutput{to, []http.Cookie{*cookie}}, nil
}

func (a API) attemptName() string { return a.cookieName() + "-sign-in" }

func (s *server) endSignIn(ctx context.Context, c *call) (*redirectOutput, error) {
	if s.Issuer == nil {
		return nil, errNoIssuer
	}
	var a attempt
	cookie, err := c.Request.Cookie(s.attemptName())
	if err == nil {
		err = s.open(ctx, cookie.Value, attemptPlace, &a)
	}
	if err != nil || !s.now().Before(a.Expires) || subtle.ConstantTimeCompare([]byte(a.State), []byte(c.query.Get("state"))) == 0 {
		return nil, unproven("this sign-in was not begun with this browser, or too long ago: begin again at "+signInPath, err)
	}
	if c.query.Get("error") != "" || c.query.Get("code") == "" {
		return nil, unproven("the issuer has signed nobody in: begin again at "+signInPath, nil)
	}
	who, err := s.Issuer.Identity(ctx, c.origin()+callbackPath, c.query.Get("code"), a.Nonce, a.Verifier)
	if err != nil {
		return nil, err
	}
	gone := *s.cookie(s.attemptName(), "", 0, http.SameSiteLaxMode)
	if a.Port != "" {
		code, err := s.Accounts.Pass(ctx, who, a.Challenge)
		if err != nil {
			return nil, err
		}
		return &redirectOutput{"http://127.0.0.1:" + a.Port + "/?" + url.Values{"code": {code}}.Encode(), []http.Cookie{gone}}, nil
	}
	token, expires, err := s.Accounts.SignIn(ctx, who)
	if err != nil {
		return nil, err
	}
	session := *s.cookie(s.cookieName(), token, expires.Sub(s.now()), http.SameSiteStrictMode)
	return &redirectOutput{s.Console, []http.Cookie{gone, session}}, nil
}

func unproven(text string, cause error) error {
	return &fault.Error{Kind: fault.Unauthenticated, Text: text, Cause: cause}
}

// random returns 256 bits as text.
func (s *server) random() string {
	b := make([]byte, 32)
	s.Accounts.Random(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// seal returns v as a text that only this deployment can read.
func (s *server) seal(ctx context.Context, v any, place string) (string, error) {
	sealer, err := s.Accounts.Deployment.Sealer(ctx)
	if err != nil {
		return "", door.Unavailable(err)
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sealed, err := sealer.Seal(plain, place)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// open reads what seal has made. What it has not made is a fault of kind
// Unauthenticated.
func (s *server) open(ctx context.Context, text, place string, v any) error {
	sealer, err := s.Accounts.Deployment.Sealer(ctx)
	if err != nil {
		return door.Unavailable(err)
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		var plain []byte
		if plain, err = sealer.Open(sealed, place); err == nil {
			err = json.Unmarshal(plain, v)
		}
	}
	if err != nil {
		return unproven("the code is not good, or not any more: sign in again", err)
	}
	return nil
}

// origin is where the browser has found this API.
func (c *call) origin() string {
	if c.s.Origin == "" {
		return "https://" + c.Request.Host
	}
	return c.s.Origin
}
