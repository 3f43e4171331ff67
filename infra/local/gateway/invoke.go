package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"tacet/infra/apigw"
)

// fault is what can go wrong with an invocation.
type fault string

const (
	noFault        fault = ""
	faultError     fault = "error"         // the function failed
	faultPanic     fault = "panic"         // the function crashed
	faultMalformed fault = "malformed"     // it returned what is no response
	faultTimeout   fault = "timeout"       // it took too long, and goes on
	faultRefused   fault = "not invokable" // it could not be invoked
)

// connectStatus is the status of a handshake whose $connect came to nothing.
func (f fault) connectStatus() int {
	switch f {
	case faultTimeout:
		return 504
	case faultRefused:
		return 500
	}
	return 502
}

// text is what the client is told.
func (f fault) text() string {
	if f == faultTimeout {
		return textTimeout
	}
	return textFailed
}

// invoke calls a route's handler with an event: as it is if the handler takes
// events, else as JSON. Only the latter has the integration timeout.
func (g *Gateway) invoke(ctx context.Context, to *route, e *apigw.Event) (r apigw.Response, f fault) {
	start := time.Time{}
	if g.log.Enabled(ctx, slog.LevelInfo) {
		start = time.Now()
	}
	if direct, ok := to.Handler.(EventHandler); ok {
		r, f = g.invokeEvent(ctx, direct, e)
	} else {
		var out []byte
		if out, f = g.invokeJSON(to.Handler, e.AppendJSON(nil), g.timeout(to)); f == noFault {
			r, f = decodeResponse(out)
		}
	}
	if !start.IsZero() {
		g.logInvocation(ctx, e, to.Function, r.StatusCode, f, time.Since(start))
	}
	return r, f
}

func decodeResponse(out []byte) (apigw.Response, fault) {
	r, err := apigw.DecodeResponse(out)
	if err != nil {
		return r, faultMalformed
	}
	return r, noFault
}

// logInvocation writes the one line that an invocation has in the log. An
// error's text is not in it: a function may have put anything there.
func (g *Gateway) logInvocation(ctx context.Context, e *apigw.Event, function string, status int, f fault, took time.Duration) {
	level := slog.LevelInfo
	if f != noFault {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("route", e.RouteKey), slog.Int("status", status), slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("connection", e.ConnectionID), slog.String("fault", string(f)),
	}
	if function != "" {
		attrs = append(attrs, slog.String("function", function))
	}
	g.log.LogAttrs(ctx, level, "invoked", attrs...)
}

// timeout is how long a route's integration may take; 0 or less is for ever.
func (g *Gateway) timeout(r *route) time.Duration {
	if limit := g.opts.IntegrationTimeout; r.Timeout <= 0 || limit > 0 && limit < r.Timeout {
		return limit
	}
	return r.Timeout
}

func (g *Gateway) invokeEvent(ctx context.Context, h EventHandler, e *apigw.Event) (r apigw.Response, f fault) {
	defer func() {
		if v := recover(); v != nil {
			g.logPanic(v)
			r, f = apigw.Response{}, faultPanic
		}
	}()
	r, err := h.InvokeEvent(ctx, e)
	return r, faultOf(err)
}

// invokeJSON calls a handler on a goroutine of its own. After the timeout the
// handler keeps running, as a Lambda function does, and what it returns is
// dropped.
func (g *Gateway) invokeJSON(h Handler, event []byte, limit time.Duration) ([]byte, fault) {
	type result struct {
		out []byte
		f   fault
	}
	done := make(chan result, 1)
	go func() {
		var res result
		defer func() {
			if v := recover(); v != nil {
				g.logPanic(v)
				res = result{f: faultPanic}
			}
			done <- res
		}()
		out, err := h.Invoke(g.ctx, event)
		res = result{out, faultOf(err)}
	}()
	var timeout <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case res := <-done:
		return res.out, res.f
	case <-timeout:
		return nil, faultTimeout
	}
}

func faultOf(err error) fault {
	switch {
	case err == nil:
		return noFault
	case errors.Is(err, ErrNotInvoked):
		return faultRefused
	}
	return faultError
}

// logPanic says where a handler crashed, and of what type the value was; the
// value itself may hold a payload.
func (g *Gateway) logPanic(v any) {
	g.log.Error("handler panicked", "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
}
