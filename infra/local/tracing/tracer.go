package tracing

import (
	"context"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"tacet/core/wire"
	"tacet/infra/logging"
)

// Options say where spans go.
type Options struct {
	// Endpoint is the URL that spans are posted to, with its path.
	Endpoint string
	// Headers are sent along, by which the collector knows who sends.
	Headers map[string]string
	Version string
	Log     *slog.Logger // made by package logging
}

// Tracer makes spans. Made by New; Stop sends what is left.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// New returns a tracer. The SDK reads how to sample from the environment; without
// that it takes every trace that its caller has not left out.
func New(o Options) (*Tracer, error) {
	its, err := resource.Merge(
		resource.NewSchemaless(attribute.String("service.name", "tacet"), attribute.String("service.version", o.Version)), resource.Environment())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	p := sdk.NewTracerProvider(sdk.WithBatcher(newExporter(o)), sdk.WithResource(its))
	return &Tracer{p, p.Tracer("tacet")}, nil
}

// Stop sends what is left, within the context's time.
func (t *Tracer) Stop(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// begin begins a span of that name, which records of the log name as well.
func (t *Tracer) begin(ctx context.Context, name string, kind trace.SpanKind, attrs ...Attr) (context.Context, trace.Span) {
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind))
	if !span.IsRecording() {
		return ctx, span
	}
	span.SetAttributes(unwrap(attrs)...)
	return logging.WithTrace(ctx, span.SpanContext().TraceID().String()), span
}

// note adds to the span at hand.
func note(ctx context.Context, attrs ...Attr) trace.Span {
	span := trace.SpanFromContext(ctx)
	if span.IsRecording() {
		span.SetAttributes(unwrap(attrs)...)
	}
	return span
}

// faulty is the first number of what is our own fault.
const faulty = wire.CodeInternal

// failed marks the span of what failed on our side, without a word of why: the
// number says of what sort it was, and the log has the rest.
func failed(span trace.Span, ours bool) {
	if ours {
		span.SetStatus(codes.Error, "")
	}
}
