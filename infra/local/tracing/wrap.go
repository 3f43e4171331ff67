package tracing

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/httpapi/door"
)

// Handle is a function of the WebSocket API, in one process.
type Handle func(context.Context, *apigw.Event) (apigw.Response, error)

// Function returns a function that has a span for each event; what a frame asks
// for gives its span another name.
func (t *Tracer) Function(name string, h Handle) Handle {
	return func(ctx context.Context, e *apigw.Event) (apigw.Response, error) {
		ctx, span := t.begin(ctx, name, trace.SpanKindServer, Connection(e.ConnectionID), Request(e.RequestID))
		defer span.End()
		return h(ctx, e)
	}
}

// Opened returns f with a span for each greeting.
func (t *Tracer) Opened(f func(context.Context, string)) func(context.Context, string) {
	return func(ctx context.Context, id string) {
		ctx, span := t.begin(ctx, "welcome", trace.SpanKindInternal, Connection(id))
		defer span.End()
		f(ctx, id)
	}
}

// Watch returns what gives each request a span.
func (t *Tracer) Watch() door.Watch {
	return door.Watch{
		Begin: func(r *http.Request) context.Context {
			if p := r.URL.Path; p == "/healthz" || p == "/readyz" {
				return r.Context() // they are asked every few seconds
			}
			ctx, _ := t.begin(called(r), "http", trace.SpanKindServer)
			return ctx
		},
		End: func(ctx context.Context, a door.Answered) {
			span := note(ctx, Method(a.Method), Route(a.Route), Status(a.Status), Code(a.Code), Request(a.Call))
			if a.App != "" {
				note(ctx, App(a.App))
			}
			span.SetName(a.Method + " " + a.Route)
			failed(span, a.Status >= http.StatusInternalServerError)
			span.End()
		},
	}
}

// called returns the context of a request in which the trace of its caller goes
// on: the ids and whether it is sampled, and nothing that the caller may have
// written himself.
func called(r *http.Request) context.Context {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	from := trace.SpanContextFromContext(ctx)
	if !from.IsValid() {
		return r.Context()
	}
	return trace.ContextWithRemoteSpanContext(r.Context(), from.WithTraceState(trace.TraceState{}))
}

// Poster returns a poster with a span for each frame that goes out.
func (t *Tracer) Poster(p pubsub.Poster) pubsub.Poster { return poster{p, t} }

type poster struct {
	pubsub.Poster
	t *Tracer
}

// Post implements pubsub.Poster.
func (p poster) Post(ctx context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	ctx, span := p.t.begin(ctx, "post", trace.SpanKindInternal, Count(Connections, len(to)), Bytes(len(f.JSON)))
	defer span.End()
	posted := p.Poster.Post(ctx, to, f)
	note(ctx, Count(Delivered, posted.Delivered), Count(Gone, len(posted.Gone)), Count(Failed, len(posted.Failed)))
	return posted
}

// Meter says on the span at hand what became of it. It implements pubsub.Meter.
type Meter struct{}

// Answered implements pubsub.Meter.
func (Meter) Answered(ctx context.Context, verb wire.Type, code wire.Code, _ time.Duration) {
	span := note(ctx, Verb(verb), Code(code))
	if verb != "" {
		span.SetName(string(verb))
	}
	failed(span, code >= faulty)
}

// Connected implements pubsub.Meter.
func (Meter) Connected(ctx context.Context, code wire.Code) {
	failed(note(ctx, Code(code)), code >= faulty)
}

// Disconnected implements pubsub.Meter.
func (Meter) Disconnected(context.Context) {}

// Published implements pubsub.Meter.
func (Meter) Published(ctx context.Context, size int, n wire.Counts, _ time.Duration) {
	note(ctx, Bytes(size), Count(Matched, n.Matched), Count(Delivered, n.Delivered), Count(Gone, n.Gone))
}

// Recorded implements pubsub.Meter.
func (Meter) Recorded(context.Context, bool) {}
