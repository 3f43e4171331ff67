package gateway

import (
	"context"
	"errors"
	"time"

	"tacet/infra/apigw"
)

// Handler is what a Lambda function is to its caller: bytes in, bytes out. An
// error means that the function failed. The event is lent for the length of
// the call.
//
// An authorizer says no with an error whose text is "Unauthorized".
type Handler interface {
	Invoke(ctx context.Context, event []byte) ([]byte, error)
}

// EventHandler is a Handler in the gateway's own process: one that also is an
// EventHandler is called without encoding the event to JSON and back.
//
// The event and its body are lent for the length of the call. The response's
// body is not copied: the handler must not change it afterwards.
type EventHandler interface {
	InvokeEvent(ctx context.Context, event *apigw.Event) (apigw.Response, error)
}

// ErrNotInvoked says, wrapped or not, that a function could not be invoked at
// all: not permitted, or not there. On $connect it makes the status
// 500, where a function that failed makes it 502.
var ErrNotInvoked = errors.New("gateway: function cannot be invoked")

// Func is a function that serves events both ways, as an EventHandler and, by
// decoding and encoding, as a Handler.
type Func func(ctx context.Context, event *apigw.Event) (apigw.Response, error)

// InvokeEvent calls f.
func (f Func) InvokeEvent(ctx context.Context, event *apigw.Event) (apigw.Response, error) {
	return f(ctx, event)
}

// Invoke decodes the event, calls f and encodes its response.
func (f Func) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	e, err := apigw.Decode(event)
	if err != nil {
		return nil, err
	}
	r, err := f(ctx, &e)
	if err != nil {
		return nil, err
	}
	return r.AppendJSON(nil), nil
}

// Encoded hides that a handler is an EventHandler: it is called with JSON, on
// a goroutine of its own, within the integration timeout.
func Encoded(h Handler) Handler { return encoded{h} }

type encoded struct{ Handler }

// Route is what happens to the messages, or the connections, that a route key
// selects.
type Route struct {
	// Handler is the integration. Nil accepts and does nothing.
	Handler Handler

	// Function names the handler in the log; "" if nobody asks.
	Function string

	// Timeout is the integration's own; 0 means Options.IntegrationTimeout, which
	// is the most that it can be.
	Timeout time.Duration
	// Throttle limits how often the route is used; one whose rate is 0 lets
	// nothing pass. Nil is no limit. What it refuses is answered as what
	// Options.RequestRate does, a handshake with 429. $disconnect is not limited:
	// nobody could be told.
	Throttle *Throttle

	// A route answers the caller with what its handler returns only if it has
	// both: a RouteResponseSelectionExpression of "$default", and a RouteResponse
	// with the key "$default". With one of them it is one-way, and New warns.
	ResponseSelection bool
	Response          bool

	// Waits, if not nil, reports whether handling a message may have to wait for
	// something: a disk, a network. Such a message of an ordered gateway is
	// handled on a goroutine, so that no other connection waits with it. Nil
	// means never. It is asked about typed handlers only; others always may.
	Waits func(body []byte) bool

	// Model, if not nil, checks a message before the handler is invoked. An
	// error makes the gateway answer "Bad request body"; its text goes nowhere.
	Model func(body []byte) error

	// The rest is for $connect only.

	// Required are parameters without which the handshake is refused with 400,
	// written as identity sources are.
	Required []string
	// APIKeys, if not nil, are the keys of which the client must send one.
	APIKeys []string
	// IAM demands a handshake signed with Options.Callers, in its headers or in
	// its query string.
	IAM bool
}

func (r *Route) twoWay() bool { return r.ResponseSelection && r.Response }
