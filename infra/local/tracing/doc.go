// Package tracing sends traces of the platform on one machine to a collector of
// OpenTelemetry, if its operator names one.
//
// It promises that a span holds what Attr can hold, and nothing else: ids,
// codes, counts, sizes, the pattern of a route. No payload, topic, token,
// subject, address, User-Agent, path or text of an error is among it. A caller's
// traceparent is taken over, so that a backend's trace goes on here; its
// tracestate and its baggage are not, for they can hold anything.
//
// Nothing of it runs when no collector is named: handlers are not even wrapped.
//
// Spans are made, sampled and batched by OpenTelemetry's own SDK, which reads
// OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and the like. They are sent as OTLP in
// JSON over HTTP by this package, because the SDK's exporter brings all of gRPC:
// seven megabytes of program for one POST.
package tracing
