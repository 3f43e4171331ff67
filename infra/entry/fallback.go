package entry

import (
	"context"
	"log/slog"

	"tacet/core/pubsub"
	"tacet/infra/apigw"
)

// Fallback is the function of the route $default: pings, fresh tokens, frames
// that are malformed or of no known type, and whatever no other route took.
type Fallback struct {
	Service *pubsub.Service
	Log     *slog.Logger // made by package logging; nil logs nothing
}

// InvokeEvent answers an event.
func (f Fallback) InvokeEvent(ctx context.Context, e *apigw.Event) (apigw.Response, error) {
	return function{service: f.Service, log: f.Log}.handle(ctx, e)
}

// Invoke answers an event in JSON.
func (f Fallback) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	return invoke(ctx, event, f.InvokeEvent)
}
