package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/privacy"
	"tacet/infra/httpapi/door"
)

// Proof is what somebody signs in with: the secret of a one-time link, or the
// code that his browser has brought and the verifier that belongs to it.
type Proof struct {
	Link     string `json:"link,omitempty" doc:"The secret of a one-time link." maxLength:"512"`
	Code     string `json:"code,omitempty" doc:"The code that came to the port." maxLength:"8192"`
	Verifier string `json:"verifier,omitempty" doc:"The verifier whose challenge was sent (RFC 7636)." maxLength:"128"`
	Cookie   bool   `json:"cookie,omitempty" doc:"Keep the token in a cookie that scripts cannot read, instead of in the answer: for pages in a browser."`
}

// Session is what somebody has who has signed in.
type Session struct {
	Token   string    `json:"token,omitempty" doc:"Send it as Authorization: Bearer. Left out if it is in a cookie." example:"tacet_s_…"`
	Expires time.Time `json:"expires" doc:"When to sign in again."`
}

type sessionOutput struct {
	Location  string        `header:"Location" doc:"Where the session can be ended."`
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"The session, if it was asked for in a cookie."`
	Body      Session
}

const currentPath = "/v1/sessions/current"

func (s *server) routeSessions() {
	s.routeSignIn()
	public(s, operation{
		id: "sign-in", method: http.MethodPost, path: "/v1/sessions", tag: "sessions", status: http.StatusCreated,
		summary: "Sign in", text: "What proves who somebody is can be used once. A session lasts twelve hours.",
		body: Proof{}, example: map[string]any{"link": "J5XGK2DFOJZSA5DJNVSQ"}, refusals: []int{http.StatusUnauthorized, http.StatusForbidden},
	}, s.signIn)
	known(s, operation{
		id: "sign-out", method: http.MethodDelete, path: currentPath, tag: "sessions",
		summary: "Sign out", text: "Ends the session of the request, at once and everywhere.",
	}, s.signOut)
}

// operator returns nil if it is whoever runs the deployment that asks.
func (c *call) operator() error {
	if !c.principal.Session() || !c.principal.Identity.Operator {
		return &fault.Error{Kind: fault.Forbidden, Text: "this needs a session of whoever runs this deployment"}
	}
	return nil
}

// Operator reports whether a request to another part of the same host shows a
// session of whoever runs the deployment.
func (a API) Operator(r *http.Request) bool {
	token := shown(r, a.cookieName())
	if token == "" {
		return false
	}
	from := privacy.ForwardedFor(r.Header.Values("X-Forwarded-For"), r.RemoteAddr, a.TrustedProxies)
	p, err := a.Accounts.Authenticate(r.Context(), token, from)
	return err == nil && p.Session() && p.Identity.Operator
}

func (s *server) signIn(ctx context.Context, c *call) (*sessionOutput, error) {
	var proof Proof
	if err := c.read(&proof); err != nil {
		return nil, err
	}
	if err := s.limiter.signIn(c); err != nil {
		return nil, err
	}
	if proof.Cookie { // before the proof is used up
		if err := c.mayKeep(); err != nil {
			return nil, err
		}
	}
	who, err := s.identity(ctx, proof)
	if err != nil {
		return nil, err
	}
	token, expires, err := s.Accounts.SignIn(ctx, who)
	if err != nil {
		return nil, err
	}
	out := &sessionOutput{Location: currentPath, Body: Session{token, expires}}
	if proof.Cookie {
		out.SetCookie = []http.Cookie{*s.cookie(s.cookieName(), token, expires.Sub(s.now()), http.SameSiteStrictMode)}
		out.Body.Token = ""
	}
	return out, nil
}

// identity returns who proves to be somebody.
func (s *server) identity(ctx context.Context, p Proof) (account.Identity, error) {
	switch {
	case p.Link != "" && p.Code == "" && p.Verifier == "":
		if s.Link == nil {
			return account.Identity{}, &fault.Error{Kind: fault.Unauthenticated, Text: "there are no one-time links here: sign in with a browser at " + signInPath}
		}
		return s.Link(ctx, p.Link)
	case p.Link == "" && p.Code != "" && p.Verifier != "":
		return s.Accounts.Redeem(ctx, p.Code, p.Verifier)
	}
	return account.Identity{}, door.Invalid("the body must have either link, or code and verifier")
}

// signedOut takes the cookie back.
type signedOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"Takes the session's cookie back."`
}

func (s *server) signOut(ctx context.Context, c *call) (*signedOut, error) {
	if !c.principal.Session() {
		return nil, door.Invalid("this is an access token, which is not a session: revoke it among the account's tokens")
	}
	if err := s.Accounts.SignOut(ctx, c.shown()); err != nil {
		return nil, err
	}
	return &signedOut{[]http.Cookie{*s.cookie(s.cookieName(), "", 0, http.SameSiteStrictMode)}}, nil
}
