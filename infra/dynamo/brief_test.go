package dynamo_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/dynamo"
)

// A client that was refused would wait for its answer as long as the table is
// tried, which is half a minute.
func TestAnEventThatNobodyNeedsIsNotTriedForLong(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(end) })
	c := dynamo.NewClient(dynamo.Options{
		Region: "eu-central-1", Endpoint: silent.URL, Credentials: dynamo.Credentials{ID: "id", Secret: "secret"}, Timeout: time.Minute,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	now := time.Now()
	e := telemetry.Event{Node: "node", App: pubsubtest.AppA, Topic: telemetry.TopicError, Code: 4100, At: now}
	err := dynamo.NewTelemetry(c, "telemetry").Record(ctx, telemetry.Record{Event: e, Expires: now.Add(time.Hour)}, false)
	if err == nil || ctx.Err() != nil {
		t.Errorf("it was tried until the caller had no time left: %v", err)
	}
}
