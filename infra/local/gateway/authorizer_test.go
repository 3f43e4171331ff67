package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

func policy(effect, resource string) apigw.Policy {
	return apigw.Policy{Version: "2012-10-17", Statement: apigw.Statements{{
		Effect: effect, Action: apigw.Strings{"execute-api:Invoke"}, Resource: apigw.Strings{resource},
	}}}
}

// allow is an authorizer that lets everybody in, with a context.
func allow(context map[string]any) raw {
	return answer(apigw.Authorization{PrincipalID: "user-1", Policy: policy("Allow", "*"), Context: context})
}

func answer(a apigw.Authorization) raw {
	return func(context.Context, []byte) ([]byte, error) { return json.Marshal(a) }
}

// T-HS-09.
func TestMissingIdentitySourceIs401AndTheAuthorizerIsNotAsked(t *testing.T) {
	authorizer := &counter{Handler: allow(nil)}
	a := serve(t, gateway.Options{Authorizer: &gateway.Authorizer{
		Handler:         authorizer,
		IdentitySources: []string{"route.request.header.Auth", "route.request.querystring.t"},
	}})
	with := http.Header{"Auth": {"1"}}
	for path, header := range map[string]http.Header{
		"/prod": with, "/prod?t=": with, "/prod?t=1": nil, "/prod?t=2": {"Auth": {""}}, "/prod?T=1": with,
	} {
		if response, _ := a.refused(path, header); response.StatusCode != 401 {
			t.Errorf("%s: status %d, want 401", path, response.StatusCode)
		}
	}
	if n := authorizer.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
	a.dialWith("/prod?t=1", &websocket.DialOptions{HTTPHeader: http.Header{"auth": {"1"}}})
	if n := authorizer.Load(); n != 1 {
		t.Errorf("asked %d times, want 1", n)
	}
}

// The form of HTTP APIs would never match: better to say so at once.
func TestIdentitySourceOfAnotherKindOfAPIIsAnError(t *testing.T) {
	_, err := gateway.New(gateway.Options{Stage: "prod", Selection: "x", Authorizer: &gateway.Authorizer{
		IdentitySources: []string{"$request.header.Auth"},
	}})
	if err == nil {
		t.Error("accepted")
	}
}

// T-HS-10.
func TestAuthorizerOutcomes(t *testing.T) {
	arn := "arn:aws:execute-api:us-east-1:000000000000:local/prod/$connect"
	two := policy("Allow", "*")
	two.Statement = append(two.Statement, policy("Deny", "*/$connect").Statement...)
	json := func(s string) raw { return func(context.Context, []byte) ([]byte, error) { return []byte(s), nil } }
	hang := raw(func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() })
	ok := apigw.Authorization{PrincipalID: "p"}
	with := func(p apigw.Policy) raw { a := ok; a.Policy = p; return answer(a) }

	for name, test := range map[string]struct {
		h    gateway.Handler
		want int
	}{
		"allow the very method":    {with(policy("Allow", arn)), 101},
		"allow by wildcard":        {with(policy("Allow", "arn:aws:execute-api:*:*:local/*/$conn?ct")), 101},
		"deny":                     {with(policy("Deny", "*")), 403},
		"deny outweighs allow":     {with(two), 403},
		"nothing matches":          {with(policy("Allow", "arn:aws:execute-api:*:*:other/*")), 403},
		"Unauthorized":             {fails("Unauthorized"), 401},
		"unauthorized, otherwise":  {fails("unauthorized"), 500},
		"fails":                    {fails("boom"), 500},
		"cannot be invoked":        {raw(func(context.Context, []byte) ([]byte, error) { return nil, gateway.ErrNotInvoked }), 500},
		"panics":                   {raw(func(context.Context, []byte) ([]byte, error) { panic("x") }), 500},
		"times out":                {hang, 500},
		"no JSON":                  {json(`allow`), 500},
		"no principal":             {answer(apigw.Authorization{Policy: policy("Allow", "*")}), 500},
		"no policy":                {answer(ok), 500},
		"malformed policy":         {with(policy("Maybe", "*")), 500},
		"object in context":        {answer(apigw.Authorization{PrincipalID: "p", Policy: policy("Allow", "*"), Context: map[string]any{"a": map[string]any{}}}), 500},
		"array in context":         {answer(apigw.Authorization{PrincipalID: "p", Policy: policy("Allow", "*"), Context: map[string]any{"a": []int{1}}}), 500},
		"more than 8 KB":           {allow(map[string]any{"a": strings.Repeat("x", 8<<10)}), 500},
		"resource of 513":          {with(policy("Allow", strings.Repeat("*", 513))), 500},
		"single strings in policy": {json(`{"principalId":"p","policyDocument":{"Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}}}`), 101},
	} {
		t.Run(name, func(t *testing.T) {
			connects := newRecorder(nil)
			a := serve(t, gateway.Options{
				Routes: connectWith(connects), Authorizer: &gateway.Authorizer{Handler: test.h}, IntegrationTimeout: patience,
			})
			if name == "times out" {
				a = serve(t, gateway.Options{
					Routes: connectWith(connects), Authorizer: &gateway.Authorizer{Handler: test.h}, IntegrationTimeout: 20 * time.Millisecond,
				})
			}
			if test.want == 101 {
				a.dial()
				connects.next(t)
				return
			}
			if response, _ := a.refused("/prod", nil); response.StatusCode != test.want {
				t.Errorf("status %d, want %d", response.StatusCode, test.want)
			}
			connects.none(t)
		})
	}
}

// T-HS-11, and later evidence 1: the latency is on CONNECT alone.
func TestAuthorizerContextIsOnAllEvents(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		all := newRecorder(nil)
		a := serve(t, gateway.Options{
			Routes:     map[string]gateway.Route{"$connect": oneWay(as(all)), "$default": oneWay(as(all)), "$disconnect": oneWay(as(all))},
			Authorizer: &gateway.Authorizer{Handler: allow(map[string]any{"text": "a", "number": 1.5, "flag": true})},
		})
		c := a.dial()
		c.send("x")
		for _, want := range []apigw.EventType{apigw.Connect, apigw.Message, apigw.Disconnect} {
			e := all.next(t)
			if e.Type != want {
				t.Fatalf("%s event, want %s", e.Type, want)
			}
			if e.Type == apigw.Message {
				c.Close(1000, "")
			}
			if e.Authorizer == nil || e.Authorizer.PrincipalID != "user-1" {
				t.Fatalf("%s: no authorizer", e.Type)
			}
			got := e.Authorizer.Context
			if len(got) != 3 || got["text"] != "a" || got["number"] != "1.5" || got["flag"] != "true" {
				t.Errorf("%s: context %v", e.Type, got)
			}
			if (e.Authorizer.Latency > 0) != (e.Type == apigw.Connect) {
				t.Errorf("%s: latency %d", e.Type, e.Authorizer.Latency)
			}
		}
	})
}

// §1.6: the authorizer's event.
func TestAuthorizerEvent(t *testing.T) {
	events := make(chan []byte, 1)
	authorizer := raw(func(_ context.Context, event []byte) ([]byte, error) {
		events <- append([]byte(nil), event...)
		return nil, errors.New("Unauthorized")
	})
	a := serve(t, gateway.Options{
		APIID: "abc123", Region: "eu-west-1", AccountID: "123456789012",
		Authorizer: &gateway.Authorizer{Handler: authorizer},
	})
	a.refused("/prod", nil)
	var e struct {
		Type, MethodARN       string
		Headers               map[string]string
		QueryStringParameters map[string]string
		StageVariables        map[string]string
		RequestContext        struct{ ConnectionID, RouteKey, EventType string }
	}
	if err := json.Unmarshal(within(t, events), &e); err != nil {
		t.Fatal(err)
	}
	if e.Type != "REQUEST" || e.MethodARN != "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/$connect" {
		t.Errorf("type %q, methodArn %q", e.Type, e.MethodARN)
	}
	if e.Headers["Connection"] == "" || e.Headers["Upgrade"] == "" || e.Headers["content-length"] != "0" {
		t.Errorf("hop-by-hop headers are missing")
	}
	if e.QueryStringParameters == nil || e.StageVariables == nil {
		t.Errorf("empty maps are missing")
	}
	if e.RequestContext.ConnectionID == "" || e.RequestContext.RouteKey != "$connect" || e.RequestContext.EventType != "CONNECT" {
		t.Errorf("context %+v", e.RequestContext)
	}
}
