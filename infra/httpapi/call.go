package httpapi

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/wire"
)

// call is one request being answered.
type call struct {
	s       *server
	w       http.ResponseWriter // net/http's own
	r       *http.Request
	id      string
	backend *pubsub.Backend // nil until authenticated
	refused error           // what it was answered with, for the log
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// appID returns the application that the path names, or "" when it names none
// that could exist.
func (c *call) appID() app.ID {
	id, err := app.ParseID(c.r.PathValue("app"))
	if err != nil {
		return ""
	}
	return id
}

// bearer returns the token that the request brings, or "" (RFC 6750 §2.1).
func (c *call) bearer() string {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// authenticate finds out whose the request is.
func (c *call) authenticate(ctx context.Context) (err error) {
	c.backend, err = c.s.Service.Backend(ctx, c.r.PathValue("app"), c.bearer())
	if reason := grant.ReasonOf(err); (reason == grant.NoKey || reason == grant.BadSignature) && c.isClientToken(ctx) {
		return &fault.Error{
			Kind: fault.Forbidden, Code: wire.CodeForbidden, Cause: err,
			Text: "this is a client token: the HTTP API takes admin tokens, which are signed with the application's admin key",
		}
	}
	return err
}

// isClientToken reports whether the token would let a client connect: a
// frequent mistake, which "signed with another key" does not explain.
func (c *call) isClientToken(ctx context.Context) bool {
	service := c.s.Service
	a, err := service.Apps.App(ctx, c.appID())
	if err != nil {
		return false
	}
	keys, err := service.Apps.Keys(ctx, a, grant.Client, false)
	if err != nil {
		return false
	}
	_, err = grant.Verify(keys, c.bearer(), service.Now())
	return err == nil
}

// address returns where the request came from.
func (c *call) address() privacy.Addr {
	return privacy.ForwardedFor(c.r.Header.Values("X-Forwarded-For"), c.r.RemoteAddr, c.s.TrustedProxies)
}

// body reads the request's body, which must be JSON of at most limit bytes. A
// missing Content-Type means JSON.
func (c *call) body(limit int64) ([]byte, error) {
	if kind := c.r.Header.Get("Content-Type"); kind != "" {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
			return nil, unsupported("the body must be JSON: send it with Content-Type: application/json")
		}
	}
	if encoding := c.r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, unsupported("the body must not be compressed: leave Content-Encoding out")
	}
	if c.r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge(limit)
	case err != nil:
		return nil, &fault.Error{Kind: fault.Invalid, Text: "the body ended before its end", Cause: err}
	}
	return data, nil
}
