package entry_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/entry"
)

// arrival is the event of somebody who may come in.
func arrival(t *testing.T) *apigw.Event {
	return &apigw.Event{
		Type: apigw.Connect, RouteKey: "$connect", ConnectionID: connID, RequestID: "r1", SourceIP: apigw.NewPrivate("203.0.113.77"),
		Query: apigw.Query{"app": {appID}, "access_token": {token(t, userSecret, "alice", now.Add(time.Minute))}},
	}
}

func TestConnectingIsOnRecordWithItsReason(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*apigw.Event)
		want   map[string]any
	}{
		"admitted":      {func(*apigw.Event) {}, map[string]any{"status": 200.0, "app": appID, "level": "INFO"}},
		"malformed app": {func(e *apigw.Event) { e.Query["app"] = []string{"x"} }, map[string]any{"status": 400.0, "app": nil, "fault": "invalid", "code": 4100.0}},
		"no JWT":        {func(e *apigw.Event) { e.Query["access_token"] = []string{"x"} }, map[string]any{"status": 401.0, "app": appID, "reason": "token malformed", "code": 4200.0}},
		"expired": {
			func(e *apigw.Event) { e.Query["access_token"] = []string{token(t, userSecret, "alice", now)} },
			map[string]any{"status": 401.0, "reason": "token expired", "fault": "unauthenticated"},
		},
		"an admin's": {func(e *apigw.Event) {
			e.Query["access_token"] = []string{token(t, adminSecret, "alice", now.Add(time.Minute))}
		}, map[string]any{"status": 403.0, "reason": "token signature", "fault": "forbidden", "code": 4203.0}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			e := arrival(t)
			c.change(e)
			if _, err := r.function("connect").InvokeEvent(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			got := map[string]any{}
			if err := json.Unmarshal(r.log.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			for k, want := range c.want {
				if got[k] != want {
					t.Errorf("%s is %v, want %v in %s", k, got[k], want, r.log)
				}
			}
		})
	}
}

func TestAddressIsKeptAnonymised(t *testing.T) {
	r := newRig(t)
	if _, err := r.function("connect").InvokeEvent(t.Context(), arrival(t)); err != nil {
		t.Fatal(err)
	}
	c, err := r.Get(t.Context(), connID)
	if err != nil || c.Address.Value() != "203.0.113.0/24" || c.Subject != "alice" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestTheCountryIsWhatTheEdgeTells(t *testing.T) {
	for _, c := range []struct {
		header  string
		headers apigw.Header
		want    privacy.Country
	}{
		{"CloudFront-Viewer-Country", apigw.Header{"CloudFront-Viewer-Country": {"DE"}}, "DE"},
		{"CloudFront-Viewer-Country", apigw.Header{"cloudfront-viewer-country": {"CH"}}, "CH"},
		{"cf-ipcountry", apigw.Header{"Cf-Ipcountry": {"AT"}, "X-Country": {"FR"}}, "AT"},
		{"CF-IPCountry", apigw.Header{"CF-IPCountry": {"XX"}}, ""}, // unknown
		{"CF-IPCountry", apigw.Header{"CF-IPCountry": {"T1"}}, ""}, // Tor
		{"CF-IPCountry", apigw.Header{"CF-IPCountry": {"de"}}, ""},
		{"CF-IPCountry", apigw.Header{"CF-IPCountry": {"DE, FR"}}, ""},
		{"CF-IPCountry", apigw.Header{"CF-IPCountry": {"203.0.113.77"}}, ""},
		{"CF-IPCountry", apigw.Header{"CF-IPCountry": {"FR", "DE"}}, ""}, // one is the client's
		{"CF-IPCountry", apigw.Header{"CF-IPCountry": {"DE"}, "cf-ipcountry": {"FR"}}, ""},
		{"CF-IPCountry", apigw.Header{"CF-IPCountry": {}}, ""},
		{"CF-IPCountry", nil, ""},
		{"", apigw.Header{"CloudFront-Viewer-Country": {"DE"}, "": {"DE"}}, ""}, // nobody is believed
	} {
		r := newRig(t)
		e := arrival(t)
		e.Headers = c.headers
		f := entry.Connect{Service: r.service, CountryHeader: c.header}
		if got, err := f.InvokeEvent(t.Context(), e); err != nil || got.StatusCode != 200 {
			t.Fatalf("%+v: %d, %v", c, got.StatusCode, err)
		}
		if found, err := r.Get(t.Context(), connID); err != nil || found.Country != c.want {
			t.Errorf("%+v: got %+v, %v", c, found, err)
		}
	}
}

func TestSubprotocolHeaderMayBeRepeatedAndInAnyCase(t *testing.T) {
	r := newRig(t)
	e := arrival(t)
	text := e.Query.Get("access_token")
	delete(e.Query, "access_token")
	e.Headers = apigw.Header{"sec-websocket-protocol": {" tacet.v1 ,", text}}
	response, err := r.function("connect").InvokeEvent(t.Context(), e)
	if err != nil || response.StatusCode != 200 || response.Headers["Sec-WebSocket-Protocol"] != "tacet.v1" {
		t.Errorf("got %d %v, %v", response.StatusCode, response.Headers, err)
	}
}

type brokenApps struct{ pubsub.Apps }

func (brokenApps) App(context.Context, app.ID) (*app.App, error) {
	return nil, errors.New("cause of ours")
}

func TestAStoreThatFailsIs503AndLogged(t *testing.T) {
	r := newRig(t)
	r.service.Apps = brokenApps{}
	response, err := r.function("connect").InvokeEvent(t.Context(), arrival(t))
	if err != nil || response.StatusCode != 503 || strings.Contains(string(response.Body), "cause") {
		t.Errorf("got %d %s, %v", response.StatusCode, response.Body, err)
	}
	if log := r.log.String(); !strings.Contains(log, "cause of ours") || !strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("the log does not say why: %s", log)
	}
}

// panics throws what it is given.
type panics struct{ pubsub.Connections }

func (panics) Get(_ context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	panic("MARKER" + id)
}
func (panics) Add(context.Context, *pubsub.Connection, pubsub.Quota) error { panic("MARKER") }
func (panics) Remove(context.Context, wire.ConnID) (*pubsub.Connection, error) {
	panic(errors.New("MARKER"))
}

func TestAPanicTellsNobodyAnything(t *testing.T) {
	for function, c := range map[string]struct {
		event  *apigw.Event
		status int
		body   string
	}{
		"connect":    {arrival(t), 500, `"code":4400}`},
		"disconnect": {&apigw.Event{Type: apigw.Disconnect, ConnectionID: connID}, 500, `"code":4400}`},
		"publish":    {&apigw.Event{Type: apigw.Message, ConnectionID: connID, Body: []byte(`{"type":"ping"}`)}, 200, `{"topic":"priv/errors","messageType":"error","data":{"code":4400,`},
	} {
		r := newRig(t)
		r.service.Connections = panics{}
		response, err := r.function(function).InvokeEvent(t.Context(), c.event)
		if err != nil || response.StatusCode != c.status || !strings.Contains(string(response.Body), c.body) {
			t.Errorf("%s: got %d %s, %v", function, response.StatusCode, response.Body, err)
		}
		if log := r.log.String(); strings.Contains(log+string(response.Body), "MARKER") || !strings.Contains(log, `"at":"tacet/infra/entry_test.panics.`) {
			t.Errorf("%s: the log says too much or too little: %s", function, log)
		}
	}
}

func TestWhatIsNoEventIsAnErrorThatQuotesNothing(t *testing.T) {
	r := newRig(t)
	for _, event := range []string{``, `MARKER`, `{"requestContext":"MARKER"}`, `["MARKER"]`} {
		if _, err := r.function("publish").Invoke(t.Context(), []byte(event)); err == nil || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: %v", event, err)
		}
	}
}

func TestFunctionsWorkWithoutALog(t *testing.T) {
	r := newRig(t)
	r.open()
	e := &apigw.Event{Type: apigw.Message, ConnectionID: connID, Body: []byte(`{"type":"ping"}`)}
	for _, f := range []handler{withoutLog(r, "connect"), withoutLog(r, "disconnect"), withoutLog(r, "fallback")} {
		if response, err := f.InvokeEvent(t.Context(), e); err != nil || !strings.Contains(string(response.Body), "pong") {
			t.Errorf("%T: got %s, %v", f, response.Body, err)
		}
	}
}
