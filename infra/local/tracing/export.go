package tracing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// exporter posts spans to a collector. It implements sdk.SpanExporter. Spans
// that cannot be sent are lost: traces are for looking, and nobody waits.
type exporter struct {
	o      Options
	client *http.Client
	broken atomic.Bool // the last time
}

func newExporter(o Options) *exporter {
	return &exporter{o: o, client: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // headers are for this collector
	}}
}

// The shapes are those of OTLP in JSON. See
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.
type (
	shipment struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   attributes   `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	attributes struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeSpans struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []span `json:"spans"`
	}
	span struct {
		TraceID    string     `json:"traceId"`
		SpanID     string     `json:"spanId"`
		ParentID   string     `json:"parentSpanId,omitempty"`
		Name       string     `json:"name"`
		Kind       int        `json:"kind"`
		Start      string     `json:"startTimeUnixNano"`
		End        string     `json:"endTimeUnixNano"`
		Attributes []keyValue `json:"attributes"`
		Status     struct {
			Code int `json:"code,omitempty"`
		} `json:"status"`
	}
	keyValue struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		String *string `json:"stringValue,omitempty"`
		Int    string  `json:"intValue,omitempty"`
	}
)

// ExportSpans implements sdk.SpanExporter. What fails is in the log: the SDK
// would write it elsewhere.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	out := scopeSpans{Spans: make([]span, len(spans))}
	out.Scope.Name = "tacet"
	for i, s := range spans {
		out.Spans[i] = spanOf(s)
	}
	body, err := json.Marshal(shipment{[]resourceSpans{{attributes{pairs(spans[0].Resource().Attributes())}, []scopeSpans{out}}}})
	if err == nil {
		err = e.post(ctx, body)
	}
	switch was := e.broken.Swap(err != nil); {
	case err != nil && !was:
		e.o.Log.WarnContext(ctx, "traces cannot be sent: is the collector there?", "error", err)
	case err == nil && was:
		e.o.Log.InfoContext(ctx, "traces are sent again")
	}
	return nil
}

var (
	errUnreached = errors.New("the collector cannot be reached")
	errRefused   = errors.New("the collector refuses them")
)

// post sends a body. Errors of the client hold the address, which may hold a
// key: they stay here.
func (e *exporter) post(ctx context.Context, body []byte) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, e.o.Endpoint, bytes.NewReader(body))
	if err != nil {
		return errUnreached
	}
	for name, value := range e.o.Headers {
		q.Header.Set(name, value)
	}
	q.Header.Set("Content-Type", "application/json")
	a, err := e.client.Do(q)
	if err != nil {
		return errUnreached
	}
	defer a.Body.Close()
	_, _ = io.CopyN(io.Discard, a.Body, 64<<10) // so that the connection can be used again
	if a.StatusCode/100 != 2 {
		e.o.Log.DebugContext(ctx, "the collector refuses traces", slog.Int("status", a.StatusCode))
		return errRefused
	}
	return nil
}

// Shutdown implements sdk.SpanExporter.
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}

func spanOf(s sdk.ReadOnlySpan) span {
	out := span{
		TraceID: s.SpanContext().TraceID().String(), SpanID: s.SpanContext().SpanID().String(), Name: s.Name(), Kind: int(s.SpanKind()),
		Start: nanos(s.StartTime()), End: nanos(s.EndTime()), Attributes: pairs(s.Attributes()),
	}
	if s.Parent().SpanID().IsValid() {
		out.ParentID = s.Parent().SpanID().String()
	}
	if s.Status().Code == codes.Error {
		out.Status.Code = 2
	}
	return out
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func pairs(all []attribute.KeyValue) []keyValue {
	out := make([]keyValue, 0, len(all))
	for _, a := range all {
		v := value{Int: ""}
		if a.Value.Type() == attribute.INT64 {
			v.Int = strconv.FormatInt(a.Value.AsInt64(), 10)
		} else {
			text := a.Value.AsString()
			v.String = &text
		}
		out = append(out, keyValue{string(a.Key), v})
	}
	return out
}
