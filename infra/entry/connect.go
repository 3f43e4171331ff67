package entry

import (
	"context"
	"log/slog"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/apigw"
)

// Connect is the function of the route $connect: it decides who may come in.
type Connect struct {
	Service *pubsub.Service
	Log     *slog.Logger // made by package logging; nil logs nothing
}

// InvokeEvent answers an event. A 2xx lets the client in.
func (f Connect) InvokeEvent(ctx context.Context, e *apigw.Event) (apigw.Response, error) {
	return function{f.Service, f.Log, apigw.Connect, f.connect}.handle(ctx, e)
}

// Invoke answers an event in JSON.
func (f Connect) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	return invoke(ctx, event, f.InvokeEvent)
}

func (f Connect) connect(ctx context.Context, e *apigw.Event) apigw.Response {
	r := apigw.Response{StatusCode: 200}
	err := f.admit(ctx, e, &r)
	if err != nil {
		r = refusal(err)
	}
	f.record(ctx, e, r.StatusCode, err)
	return r
}

// admit returns nil if the client may come in, and notes in r which
// subprotocol it is to speak.
func (f Connect) admit(ctx context.Context, e *apigw.Event, r *apigw.Response) error {
	protocol, token, err := negotiate(e.Headers)
	if err != nil {
		return err
	}
	if protocol != "" {
		r.Headers = map[string]string{protocolHeader: protocol}
	}
	if inQuery := e.Query.Get("access_token"); inQuery != "" {
		token = inQuery
	}
	return f.Service.Connect(ctx, pubsub.Arrival{
		ID:      wire.ConnID(e.ConnectionID),
		App:     e.Query.Get("app"),
		Token:   token,
		Address: privacy.ParseAddr(e.SourceIP.Raw()),
	})
}

// record writes the one line that a handshake has in the log.
func (f Connect) record(ctx context.Context, e *apigw.Event, status int, err error) {
	attrs := []slog.Attr{slog.Int("status", status)}
	if id, bad := app.ParseID(e.Query.Get("app")); bad == nil {
		attrs = append(attrs, slog.String("app", string(id)))
	}
	level := slog.LevelInfo
	if err != nil {
		level, attrs = describe(attrs, err)
	}
	loggerOr(f.Log).LogAttrs(ctx, level, "connect", attrs...)
}

// describe adds to attrs what a log may know of a failure. The cause is in it
// where it is ours: what a client did wrong is said by kind, code and reason.
func describe(attrs []slog.Attr, err error) (slog.Level, []slog.Attr) {
	public := fault.Public(err)
	attrs = append(attrs, slog.String("fault", public.Kind.String()), slog.Int("code", int(wire.CodeOf(public))))
	if reason := grant.ReasonOf(err); reason != "" {
		attrs = append(attrs, slog.String("reason", string(reason)))
	}
	if public.Kind == fault.Internal || public.Kind == fault.Unavailable {
		return slog.LevelError, append(attrs, slog.Any("error", err))
	}
	return slog.LevelInfo, attrs
}
