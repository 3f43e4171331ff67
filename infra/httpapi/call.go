package httpapi

import (
	"context"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/httpapi/door"
)

// call is one request of a backend being answered.
type call struct {
	*door.Call
	s       *server
	backend *pubsub.Backend // nil until authenticated
}

// authenticate finds out whose the request is.
func (c *call) authenticate(ctx context.Context) (err error) {
	c.backend, err = c.s.Service.Backend(ctx, c.Request.PathValue("app"), c.Bearer(), c.Address())
	if reason := grant.ReasonOf(err); (reason == grant.NoKey || reason == grant.BadSignature) && c.s.Service.IsClientToken(ctx, c.App(), c.Bearer()) {
		return &fault.Error{
			Kind: fault.Forbidden, Code: wire.CodeForbidden, Cause: err,
			Text: "this is a client token: the HTTP API takes admin tokens, which are signed with the application's admin key",
		}
	}
	return err
}
