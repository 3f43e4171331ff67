package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"tacet/infra/apigw"
)

// Authorizer is a Lambda REQUEST authorizer. It is asked before each $connect;
// nothing is cached.
type Authorizer struct {
	Handler  Handler
	Function string // names it in the log; "" if nobody asks

	// IdentitySources must all be there, or the handshake is refused with 401
	// and the authorizer is not asked: "route.request.header.NAME",
	// "route.request.querystring.NAME", "stageVariables.NAME", "context.NAME".
	IdentitySources []string
}

// authorize asks the authorizer.
func (h *handshake) authorize() *refusal {
	g, c := h.g, h.conn
	for _, source := range g.identity {
		if h.value(source) == "" {
			return h.refuse(http.StatusUnauthorized, "Unauthorized")
		}
	}
	var e apigw.Event
	c.event(&e, apigw.Authorize, apigw.RouteConnect)
	e.RequestID = h.requestID
	e.MethodARN = fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s",
		g.opts.Region, g.opts.AccountID, g.opts.APIID, g.opts.Stage, apigw.RouteConnect)
	e.Query = h.query()
	e.Headers = make(apigw.Header, len(h.header)+3)
	for name, values := range h.header {
		e.Headers[name] = values
	}
	e.Headers["Connection"] = h.r.Header["Connection"]
	e.Headers["Upgrade"] = h.r.Header["Upgrade"]
	e.Headers["content-length"] = []string{"0"}

	start := time.Now()
	answer, err := g.authorization(&e)
	took := time.Since(start)
	status := http.StatusOK
	switch {
	case err != nil && err.Error() == "Unauthorized":
		status = http.StatusUnauthorized
	case err != nil:
		status = http.StatusInternalServerError
	case !allows(answer.Policy, e.MethodARN):
		status = http.StatusForbidden
	}
	e.RouteKey = "authorizer"
	g.logInvocation(h.r.Context(), &e, g.opts.Authorizer.Function, status, noFault, took)
	if status != http.StatusOK {
		return h.refuse(status, authorizerTexts[status])
	}
	h.usageKey = answer.UsageIdentifierKey
	c.authorizer = &apigw.AuthorizerContext{PrincipalID: answer.PrincipalID, Context: answer.ContextText()}
	h.latency = max(took.Milliseconds(), 1)
	return nil
}

var authorizerTexts = map[int]string{
	http.StatusUnauthorized:        "Unauthorized",
	http.StatusForbidden:           "User is not authorized to access this resource",
	http.StatusInternalServerError: textFailed,
}

var errAuthorizer = errors.New("gateway: authorizer failed")

// authorization invokes the authorizer. The error is the function's own, or
// says what is wrong with its answer.
func (g *Gateway) authorization(e *apigw.Event) (apigw.Authorization, error) {
	var said error
	out, f := g.invokeJSON(handlerFunc(func(ctx context.Context, event []byte) ([]byte, error) {
		out, err := g.opts.Authorizer.Handler.Invoke(ctx, event)
		if err != nil {
			said = err
		}
		return out, err
	}), e.AppendJSON(nil), g.opts.IntegrationTimeout)
	switch f {
	case noFault:
		return apigw.DecodeAuthorization(out)
	case faultError:
		return apigw.Authorization{}, said
	}
	return apigw.Authorization{}, errAuthorizer
}

type handlerFunc func(ctx context.Context, event []byte) ([]byte, error)

func (f handlerFunc) Invoke(ctx context.Context, event []byte) ([]byte, error) { return f(ctx, event) }
