package apiclient

import (
	"context"
	"net/http"
	"time"
)

// Session is what somebody has who has signed in.
type Session struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// WithLink signs in with the secret of a one-time link.
func (c *Client) WithLink(ctx context.Context, secret string) (Session, error) {
	return c.signIn(ctx, map[string]string{"link": secret})
}

// WithCode signs in with the code that a browser has brought from the issuer,
// and the verifier whose challenge went there.
func (c *Client) WithCode(ctx context.Context, code, verifier string) (Session, error) {
	return c.signIn(ctx, map[string]string{"code": code, "verifier": verifier})
}

// signIn is not repeated: what proves who somebody is can be used once.
func (c *Client) signIn(ctx context.Context, proof map[string]string) (Session, error) {
	var s Session
	answer, err := c.Do(ctx, Request{Method: http.MethodPost, Path: "/v1/sessions", Body: proof})
	if err == nil {
		err = answer.Into(&s)
	}
	return s, err
}

// SignOut ends the session of the client's token. One that has ended already
// is no error.
func (c *Client) SignOut(ctx context.Context) error {
	_, err := c.Do(ctx, Request{Method: http.MethodDelete, Path: "/v1/sessions/current"})
	if Is(err, http.StatusUnauthorized) {
		return nil
	}
	return err
}
