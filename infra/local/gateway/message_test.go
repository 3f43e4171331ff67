package gateway_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

// named answers with the name of the route that was reached, and the route key
// that its event says.
func named(name string) gateway.Route {
	return twoWay(gateway.Func(func(_ context.Context, e *apigw.Event) (apigw.Response, error) {
		return apigw.Response{StatusCode: 200, Body: []byte(name + " " + e.RouteKey)}, nil
	}))
}

func namedRoutes(names ...string) map[string]gateway.Route {
	m := make(map[string]gateway.Route)
	for _, n := range names {
		m[n] = named(n)
	}
	return m
}

// T-RT-01, T-RT-02, T-RT-03, T-RT-04, T-RT-05, T-EV-11, later evidence 3.
func TestRouteSelection(t *testing.T) {
	for _, test := range []struct{ name, expression, message, want string }{
		{"exact match", "$request.body.action", `{"action":"join"}`, "join"},
		{"braces", "${request.body.action}", `{"action":"join"}`, "join"},
		{"prefix is no match", "$request.body.action", `{"action":"joi"}`, "$default"},
		{"case of the value counts", "$request.body.action", `{"action":"Join"}`, "$default"},
		{"case of the name counts", "$request.body.action", `{"Action":"join"}`, "$default"},
		{"nested", "$request.body.a.b.c", `{"a":{"b":{"c":"join"}}}`, "join"},
		{"nested, not there", "$request.body.a.b.c", `{"a":{"b":"join"}}`, "$default"},
		{"array", "$request.body.[2]", `["x","y","join"]`, "join"},
		{"array, first", "$request.body.[0]", `["join"]`, "join"},
		{"array in an object", "$request.body.a[1].b", `{"a":[0,{"b":"join"}]}`, "join"},
		{"array, too short", "$request.body.[2]", `["join"]`, "$default"},
		{"index into an object", "$request.body.[0]", `{"0":"join"}`, "$default"},
		{"quoted name", "$request.body['a.b']", `{"a.b":"join"}`, "join"},
		{"hyphen in a name", "$request.body.message-type", `{"message-type":"join"}`, "join"},
		{"composite", "${request.body.service}/${request.body.action}", `{"service":"chat","action":"join"}`, "chat/join"},
		{"composite without braces", "$request.body.service-$request.body.action", `{"service":"join","action":"x"}`, "join-x"},
		{"composite with a part missing", "${request.body.action}-${request.body.room}", `{"action":"join"}`, "join-"},
		{"composite of what is not JSON", "${request.body.action}-${request.body.room}", `hello`, "-"},
		{"literal", "join", `{"action":"x"}`, "join"},
		{"escaped dollar", `join\$$request.body.action`, `{"action":"x"}`, "join$x"},
		{"nothing is evaluated twice", "$request.body.action", `{"action":"$request.body.other","other":"join"}`, "$default"},
		{"array as text", "$request.body.a", `{"a":["item1", "item2"]}`, "[item1, item2]"},
		{"number", "$request.body.action", `{"action":42}`, "42"},
		{"boolean", "$request.body.action", `{"action":true}`, "true"},
		{"null", "$request.body.action", `{"action":null}`, "$default"},
		{"object", "$request.body.action", `{"action":{}}`, "$default"},
		{"escapes in the value", "$request.body.action", `{"action":"\u006aoin"}`, "join"},
		{"escapes in the name", "$request.body.action", `{"\u0061ction":"join"}`, "join"},
		{"the last of two", "$request.body.action", `{"action":"x","action":"join"}`, "join"},
		{"not JSON", "$request.body.action", `hello`, "$default"},
		{"lenient JSON is not JSON", "$request.body.action", `{action:"join"}`, "$default"},
		{"JSON and more", "$request.body.action", `{"action":"join"} x`, "$default"},
		{"empty", "$request.body.action", ``, "$default"},
		{"array instead of an object", "$request.body.action", `["action","join"]`, "$default"},
		{"string instead of an object", "$request.body.action", `"join"`, "$default"},
		{"number instead of an object", "$request.body.action", `7`, "$default"},
		{"no such name", "$request.body.action", `{"other":"join"}`, "$default"},
		{"spaces around", "$request.body.action", " {\n\"action\" :\t\"join\" } ", "join"},
		// T-RT-12, policy: a pattern is a route key like any other.
		{"patterns are not supported", "$request.body.action", `{"action":"pattern"}`, "$default"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := serve(t, gateway.Options{Selection: test.expression, Routes: namedRoutes(
				"join", "join$x", "chat/join", "join-x", "join-", "-", "[item1, item2]", "42", "true", "/pat.*/", "$default",
			)})
			c := a.dial()
			c.send(test.message)
			c.expect(test.want + " " + test.want)
		})
	}
}

func TestSelectionExpressionThatCannotWorkIsAnError(t *testing.T) {
	for _, expression := range []string{"", "$context.routeKey", "$request.header.x", "${request.body.a", "$request.body.a[", "$request.body.a[x]", "$request.body..a"} {
		g, err := gateway.New(gateway.Options{Stage: "prod", Selection: expression})
		if err == nil {
			g.Shutdown(t.Context())
			t.Errorf("%q was accepted", expression)
		}
	}
}

// §3.2.
func TestOwnRouteKeyMustNotBeginWithADollar(t *testing.T) {
	for key, good := range map[string]bool{"$connect": true, "$disconnect": true, "$default": true, "a": true, "a$": true, "$a": false, "": false} {
		g, err := gateway.New(gateway.Options{Stage: "prod", Selection: "x", Routes: namedRoutes(key)})
		if (err == nil) != good {
			t.Errorf("%q: %v", key, err)
		}
		if g != nil {
			g.Shutdown(t.Context())
		}
	}
}

// T-RT-06, later evidence 10.
func TestWithoutARouteTheAnswerIsForbiddenAndTheSocketLives(t *testing.T) {
	a := serve(t, gateway.Options{Routes: namedRoutes("join")})
	c := a.dial()
	for _, message := range []string{`{"action":"other"}`, `not JSON`, ``} {
		c.send(message)
		frame := c.errorFrame("Forbidden")
		if frame["requestId"] == "" {
			t.Errorf("no requestId")
		}
	}
	c.send(`{"action":"join"}`)
	c.expect("join join")
}

// T-RT-07, later evidence 8.
func TestOneWayRouteDiscardsTheResponse(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		for _, code := range []int{200, 500} {
			a := serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{
				"quiet": oneWay(as(say(code, "discarded"))), "$default": twoWay(as(echo)),
			}})
			c := a.dial()
			c.send(`{"action":"quiet"}`)
			c.send("marker")
			c.expect("marker")
		}
	})
}

func TestRouteWithOneOfTheTwoFlagsIsOneWayAndWarnsPolicy(t *testing.T) {
	var log strings.Builder
	half, other := twoWay(echo), twoWay(echo)
	half.Response, other.ResponseSelection = false, false
	a := serve(t, gateway.Options{
		Ordered: true, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Routes: map[string]gateway.Route{"half": half, "other": other, "$default": twoWay(echo)},
	})
	warned := log.String() // before handlers write, too
	c := a.dial()
	c.send(`{"action":"half"}`)
	c.send(`{"action":"other"}`)
	c.send("marker")
	c.expect("marker")
	if !strings.Contains(warned, "route=half") || !strings.Contains(warned, "route=other") || strings.Contains(warned, "$default") {
		t.Errorf("log: %s", warned)
	}
}

// T-RT-08.
func TestTwoWayRouteSendsTheBodyWhateverTheStatus(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$default": twoWay(as(say(500, "a body")))}})
		c := a.dial()
		c.send("x")
		c.expect("a body")
	})
}

func TestEmptyBodyMakesNoFramePolicy(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		a := serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{
			"quiet": twoWay(as(status(200))), "$default": twoWay(as(echo)),
		}})
		c := a.dial()
		c.send(`{"action":"quiet"}`)
		c.send("marker")
		c.expect("marker")
	})
}

func TestBase64ResponseIsSentAsItIsPolicy(t *testing.T) {
	h := raw(func(context.Context, []byte) ([]byte, error) {
		return []byte(`{"statusCode":200,"body":"aGVsbG8=","isBase64Encoded":true}`), nil
	})
	a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$default": twoWay(h)}})
	c := a.dial()
	c.send("x")
	c.expect("aGVsbG8=")
}

// T-RT-09: on one-way routes, too; the socket stays open.
func TestFailedInvocationIsToldOnOneWayRoutesToo(t *testing.T) {
	throws := gateway.Func(func(context.Context, *apigw.Event) (apigw.Response, error) {
		return apigw.Response{}, errors.New("secret")
	})
	panics := gateway.Func(func(context.Context, *apigw.Event) (apigw.Response, error) { panic("secret") })
	for _, ordered := range []bool{true, false} {
		both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
			a := serve(t, gateway.Options{Ordered: ordered, Routes: map[string]gateway.Route{
				"throws": oneWay(as(throws)), "panics": oneWay(as(panics)), "two": twoWay(as(throws)),
				"refused":   oneWay(raw(func(context.Context, []byte) ([]byte, error) { return nil, gateway.ErrNotInvoked })),
				"malformed": oneWay(raw(func(context.Context, []byte) ([]byte, error) { return []byte(`{`), nil })),
			}})
			c := a.dial()
			for _, action := range []string{"throws", "panics", "two", "refused", "malformed"} {
				c.send(`{"action":"` + action + `"}`)
				if frame := c.errorFrame("Internal server error"); strings.Contains(frame["message"], "secret") {
					t.Errorf("%v", frame)
				}
			}
		})
	}
}

// T-RT-10.
func TestTimeoutIsToldAndTheFunctionRunsOn(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		release, ended := make(chan struct{}), make(chan error, 1)
		h := raw(func(ctx context.Context, _ []byte) ([]byte, error) {
			<-release
			ended <- ctx.Err()
			return []byte(`{"statusCode":200,"body":"too late"}`), nil
		})
		a := serve(t, gateway.Options{Ordered: ordered, IntegrationTimeout: 20 * time.Millisecond, Routes: map[string]gateway.Route{
			"slow": twoWay(h), "$default": twoWay(echo),
		}})
		c := a.dial()
		c.send(`{"action":"slow"}`)
		c.errorFrame("Endpoint request timed out")
		close(release)
		if err := within(t, ended); err != nil {
			t.Errorf("the function was cancelled: %v", err)
		}
		c.send("marker")
		c.expect("marker") // and not the late answer
	}
}

// T-RT-11. What API Gateway does is not known; this is the safe choice.
func TestMessageCannotReachDollarRoutesPolicy(t *testing.T) {
	a := serve(t, gateway.Options{Routes: namedRoutes("$connect", "$disconnect", "$default", "join")})
	c := a.dial()
	for _, action := range []string{"$connect", "$disconnect", "$default"} {
		c.send(`{"action":"` + action + `"}`)
		c.expect("$default $default")
	}
	without := serve(t, gateway.Options{Routes: namedRoutes("$connect", "$disconnect")})
	c = without.dial()
	c.send(`{"action":"$connect"}`)
	c.errorFrame("Forbidden")
}

// T-RT-11, the switch.
func TestMessageReachesDollarRoutesAsMessageWhereTheOwnerWantsItPolicy(t *testing.T) {
	connects := newRecorder(nil)
	a := serve(t, gateway.Options{DollarRoutes: true, Routes: connectWith(connects)})
	c := a.dial()
	connects.next(t)
	c.send(`{"action":"$connect"}`)
	if e := connects.next(t); e.Type != apigw.Message || e.RouteKey != "$connect" {
		t.Errorf("%v", e)
	}
}

// §3.5.
func TestMessageThatTheModelRefusesIsToldWithItsMessageID(t *testing.T) {
	seen := newRecorder(nil)
	route := oneWay(seen)
	route.Model = func(body []byte) error {
		if !strings.Contains(string(body), "good") {
			return errors.New("no good")
		}
		return nil
	}
	a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$default": route}})
	c := a.dial()
	c.send("bad")
	if frame := c.errorFrame("Bad request body"); frame["messageId"] == "" || frame["requestId"] != "" {
		t.Errorf("%v", frame)
	}
	c.send("good")
	if e := seen.next(t); string(e.Body) != "good" {
		t.Errorf("the bad message was handled")
	}
}

// T-FR-07, the second half: one bucket for messages and callbacks.
func TestRequestRateIsSharedByMessagesAndCallbacks(t *testing.T) {
	var clock clock
	a := serve(t, gateway.Options{
		Routes:      map[string]gateway.Route{"$default": twoWay(echo)},
		RequestRate: gateway.Throttle{Rate: 10, Burst: 3}, Now: clock.now,
	})
	c := a.dial()
	c.send("1")
	c.expect("1")
	response, _ := a.request("POST", "/prod/@connections/AAAAAAAAAAACAAA=", "x")
	if response.StatusCode != 410 {
		t.Errorf("status %d, want 410", response.StatusCode)
	}
	c.send("3")
	c.expect("3")
	c.send("4")
	c.errorFrame("Too Many Requests") // policy: the text is a guess
	if response, _ = a.request("GET", "/prod/@connections/AAAAAAAAAAACAAA=", ""); response.StatusCode != 429 {
		t.Errorf("status %d, want 429", response.StatusCode)
	}
	if p := a.Post(t.Context(), []string{"x", "y"}, []byte("x"), false); len(p.Failed) != 2 {
		t.Errorf("%+v", p)
	}
	clock.move(100 * time.Millisecond)
	c.send("5")
	c.expect("5")
}
