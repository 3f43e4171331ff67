package entry

import (
	"context"
	"log/slog"

	"tacet/core/pubsub"
	"tacet/infra/apigw"
)

// Publish is the function of the routes publish and message.
type Publish struct {
	Service *pubsub.Service
	Log     *slog.Logger // made by package logging; nil logs nothing
}

// InvokeEvent answers an event.
func (f Publish) InvokeEvent(ctx context.Context, e *apigw.Event) (apigw.Response, error) {
	return function{service: f.Service, log: f.Log}.handle(ctx, e)
}

// Invoke answers an event in JSON.
func (f Publish) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	return invoke(ctx, event, f.InvokeEvent)
}
