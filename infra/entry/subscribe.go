package entry

import (
	"context"
	"log/slog"

	"tacet/core/pubsub"
	"tacet/infra/apigw"
)

// Subscribe is the function of the routes subscribe and unsubscribe.
type Subscribe struct {
	Service *pubsub.Service
	Log     *slog.Logger // made by package logging; nil logs nothing
}

// InvokeEvent answers an event.
func (f Subscribe) InvokeEvent(ctx context.Context, e *apigw.Event) (apigw.Response, error) {
	return function{service: f.Service, log: f.Log}.handle(ctx, e)
}

// Invoke answers an event in JSON.
func (f Subscribe) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	return invoke(ctx, event, f.InvokeEvent)
}
