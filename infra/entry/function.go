package entry

import (
	"context"
	"errors"
	"log/slog"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/logging"
)

// function is what all functions have in common.
type function struct {
	service *pubsub.Service
	log     *slog.Logger
	// takes is the type of event that do is for, besides messages.
	takes apigw.EventType
	do    func(context.Context, *apigw.Event) apigw.Response
}

// handle answers an event by its type. The error is always nil: what a
// function returns as an error, API Gateway makes a frame that says nothing,
// and Lambda a log entry.
func (f function) handle(ctx context.Context, e *apigw.Event) (r apigw.Response, _ error) {
	ctx = logging.With(ctx, logging.IDs{Request: e.RequestID, Connection: e.ConnectionID})
	defer recovered(ctx, f.log, string(e.Type), func() { r = failed(e) })
	switch {
	case e.Type == apigw.Message:
		return f.answer(ctx, e), nil
	case e.Type == f.takes && f.do != nil:
		return f.do(ctx, e), nil
	}
	f.logger().LogAttrs(ctx, slog.LevelError, "an event of a type that this function does not take",
		slog.String("event", string(e.Type)), slog.String("route", e.RouteKey))
	return failed(e), nil
}

// answer does what a message asks for.
func (f function) answer(ctx context.Context, e *apigw.Event) apigw.Response {
	// The host has its own line for each invocation; one that says more is not
	// worth its price for each message. At level debug logging.Verbs writes it.
	frame := f.service.Answer(ctx, wire.ConnID(e.ConnectionID), e.Body)
	return apigw.Response{StatusCode: 200, Body: frame.JSON}
}

// outcome returns how a handshake or its end is logged.
func outcome(status int, err error) (level slog.Level, attrs []slog.Attr) {
	if err != nil {
		level, attrs = logging.Failure(err)
	}
	return level, append(attrs, slog.Int("status", status))
}

func (f function) logger() *slog.Logger { return loggerOr(f.log) }

// loggerOr returns log, or one that writes nothing.
func loggerOr(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// recovered ends a panic: a line in the log says what the event was, and failed
// sets what is answered. Each function defers it, for only what is deferred
// itself can recover.
func recovered(ctx context.Context, log *slog.Logger, event string, failed func()) {
	if v := recover(); v != nil {
		loggerOr(log).LogAttrs(ctx, slog.LevelError, "a function panicked", slog.String("event", event), logging.Panic(v))
		failed()
	}
}

var errInternal = errors.New("entry: our side failed")

// failed is the answer to an event when our side failed.
func failed(e *apigw.Event) apigw.Response {
	if e.Type == apigw.Message {
		return apigw.Response{StatusCode: 200, Body: wire.Error("", errInternal).JSON}
	}
	return refusal(errInternal)
}

// invoke is the second way into a function: event and answer as JSON.
func invoke(ctx context.Context, event []byte, handle func(context.Context, *apigw.Event) (apigw.Response, error)) ([]byte, error) {
	e, err := apigw.Decode(event)
	if err != nil {
		return nil, err
	}
	r, err := handle(ctx, &e)
	if err != nil {
		return nil, err
	}
	return r.AppendJSON(nil), nil
}
