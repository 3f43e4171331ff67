package entry

import (
	"context"
	"log/slog"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/apigw"
)

// Disconnect is the function of the route $disconnect. It is called at most
// once for a connection, and perhaps never.
type Disconnect struct {
	Service *pubsub.Service
	Log     *slog.Logger // made by package logging; nil logs nothing
}

// InvokeEvent answers an event. Nobody gets to see the answer to a DISCONNECT.
func (f Disconnect) InvokeEvent(ctx context.Context, e *apigw.Event) (apigw.Response, error) {
	return function{f.Service, f.Log, apigw.Disconnect, f.disconnect}.handle(ctx, e)
}

// Invoke answers an event in JSON.
func (f Disconnect) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	return invoke(ctx, event, f.InvokeEvent)
}

func (f Disconnect) disconnect(ctx context.Context, e *apigw.Event) apigw.Response {
	r := apigw.Response{StatusCode: 200}
	err := f.Service.Disconnect(ctx, wire.ConnID(e.ConnectionID))
	if err != nil {
		r = refusal(err)
	}
	// The reason is the client's own words: it stays out.
	level, attrs := outcome(r.StatusCode, err)
	loggerOr(f.Log).LogAttrs(ctx, level, "disconnect", append(attrs, slog.Int("closed", e.DisconnectCode))...)
	return r
}
