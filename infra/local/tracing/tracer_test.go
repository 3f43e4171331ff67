package tracing_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"

	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/local/tracing"
)

func newTracer(tb testing.TB) *tracing.Tracer {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	tb.Cleanup(server.Close)
	t, err := tracing.New(tracing.Options{Endpoint: server.URL, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = t.Stop(context.Background()) })
	return t
}

// Whoever adds an attribute adds it to Keys, and asks himself what it may hold.
func TestEveryAttributeIsListed(t *testing.T) {
	for _, a := range []tracing.Attr{
		tracing.App(""), tracing.Connection(""), tracing.Request(""), tracing.Verb(""), tracing.Code(0), tracing.Bytes(0), tracing.Route(""), tracing.Method(""), tracing.Status(0),
		tracing.Count(tracing.Connections, 0), tracing.Count(tracing.Matched, 0), tracing.Count(tracing.Delivered, 0), tracing.Count(tracing.Gone, 0), tracing.Count(tracing.Failed, 0),
	} {
		if key := reflect.ValueOf(a).Field(0).FieldByName("Key").String(); !slices.Contains(tracing.Keys, key) {
			t.Errorf("%s is not among Keys", key)
		}
	}
}

var answered = tracing.Handle(func(ctx context.Context, _ *apigw.Event) (apigw.Response, error) {
	tracing.Meter{}.Answered(ctx, wire.TypePublish, 0, 0)
	return apigw.Response{}, nil
})

// What a frame costs with a span, with a trace that is not taken, and without a
// collector, when nothing is wrapped.
func BenchmarkFrame(b *testing.B) {
	e := &apigw.Event{ConnectionID: "c=", RequestID: "r="}
	run := func(h tracing.Handle) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h(b.Context(), e); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("taken", run(newTracer(b).Function("frame", answered)))
	b.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
	b.Setenv("OTEL_TRACES_SAMPLER_ARG", "0")
	b.Run("not taken", run(newTracer(b).Function("frame", answered)))
	b.Run("no collector", run(func(context.Context, *apigw.Event) (apigw.Response, error) { return apigw.Response{}, nil }))
}

func TestTheSamplerIsTheEnvironments(t *testing.T) {
	asked := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	defer server.Close()
	for _, share := range []string{"0", "1"} {
		t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
		t.Setenv("OTEL_TRACES_SAMPLER_ARG", share)
		tracer, err := tracing.New(tracing.Options{Endpoint: server.URL, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tracer.Function("frame", answered)(t.Context(), &apigw.Event{}); err != nil {
			t.Fatal(err)
		}
		if err := tracer.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := len(asked), map[string]int{"1": 1}[share]; got != want {
			t.Errorf("%s of all traces: %d were sent", share, got)
		}
	}
}
