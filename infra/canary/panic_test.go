package canary_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"tacet/core/app"
	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/canary"
	"tacet/infra/entry"
	"tacet/infra/local/site"
	"tacet/infra/logging"
)

// thrower is stores that panic, with what they know of a message in what they
// throw.
type thrower struct {
	pubsub.Connections
	secret string
}

func (t thrower) Get(context.Context, wire.ConnID) (*pubsub.Connection, error) { panic(t.secret) }

func (t thrower) App(context.Context, app.ID) (*app.App, error) { panic([]byte(t.secret)) }

// Nothing that can be sent makes a platform panic, so this path is taken here:
// what is thrown, and what was being handled, is neither logged nor answered.
func TestAPanicLeavesNothingBehind(t *testing.T) {
	markers := canary.NewSet()
	m := func(r canary.Role) string { return markers[r].String() }
	var left bytes.Buffer // of all logs and answers
	log := slog.New(slog.NewMultiHandler(
		logging.New(&left, logging.JSON, slog.LevelDebug).Handler(), logging.New(&left, logging.Text, slog.LevelDebug).Handler(),
	))
	service := &pubsub.Service{Connections: thrower{secret: m(canary.Payload) + m(canary.Address4)}}
	message := &apigw.Event{
		Type: apigw.Message, ConnectionID: "QkFTRTY0VVICaaA=", SourceIP: apigw.NewPrivate(m(canary.Address4)), UserAgent: apigw.NewPrivate(m(canary.UserAgent)),
		Body: []byte(`{"type":"publish","data":{"topic":"chat","id":"` + m(canary.MessageID) + `","payload":"` + m(canary.Payload) + `"}}`),
	}
	for _, f := range []interface {
		InvokeEvent(context.Context, *apigw.Event) (apigw.Response, error)
	}{entry.Publish{Service: service, Log: log}, entry.Subscribe{Service: service, Log: log}, entry.Fallback{Service: service, Log: log}} {
		answer, err := f.InvokeEvent(t.Context(), message)
		left.Write(answer.Body)
		if err != nil {
			left.WriteString(err.Error())
		}
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = site.Server(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { panic(r.URL.String() + r.UserAgent()) }), log)
	server.Start()
	defer server.Close()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/"+m(canary.Path)+"?q="+m(canary.Query), nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("User-Agent", m(canary.UserAgent))
	if a, err := http.DefaultClient.Do(q); err == nil {
		a.Body.Close()
		t.Error("the handler has not panicked")
	}
	server.Close()

	if n := bytes.Count(left.Bytes(), []byte("panicked")); n < 4 {
		t.Errorf("%d panics are in the logs: %s", n, left.String())
	}
	s := canary.NewSearcher(markers.All())
	s.Bytes(canary.Place{Sort: "logs and answers"}, left.Bytes())
	for _, h := range s.Hits() {
		t.Errorf("the %s is there, as %s", h.Role, h.Form)
	}
}
