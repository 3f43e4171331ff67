package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

func connectWith(h gateway.Handler) map[string]gateway.Route {
	return map[string]gateway.Route{"$connect": oneWay(h), "$default": twoWay(echo)}
}

// T-HS-01.
func TestAny2xxOfConnectIsAnUpgrade(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		for _, code := range []int{200, 201, 204, 299} {
			a := serve(t, gateway.Options{Routes: connectWith(as(status(code)))})
			c := a.dial()
			c.send("hello")
			c.expect("hello")
		}
	})
}

// T-HS-02, and the 301 and 501 of later captures.
func TestOtherStatusesOfConnectArePassedThrough(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		for _, code := range []int{301, 400, 401, 403, 404, 429, 500, 501, 503} {
			a := serve(t, gateway.Options{Routes: connectWith(as(say(code, "a secret of the handler")))})
			response, body := a.refused("/prod", nil)
			if response.StatusCode != code {
				t.Errorf("status %d, want %d", response.StatusCode, code)
			}
			var said map[string]string
			if err := json.Unmarshal([]byte(body), &said); err != nil || said["message"] == "" || said["connectionId"] == "" || said["requestId"] == "" {
				t.Errorf("body %q, want JSON with message, connectionId and requestId", body)
			}
			if strings.Contains(body, "secret") {
				t.Errorf("the handler's body was passed through: %q", body)
			}
		}
	})
}

func TestRefusalBodyIsForwardedWhereTheOwnerWantsIt(t *testing.T) {
	h := gateway.Func(func(context.Context, *apigw.Event) (apigw.Response, error) {
		return apigw.Response{
			StatusCode: 401, Body: []byte(`{"title":"expired"}`),
			Headers: map[string]string{"content-type": "application/problem+json", "X-Other": "1"},
		}, nil
	})
	a := serve(t, gateway.Options{Routes: connectWith(h), ForwardRefusals: true})
	response, body := a.refused("/prod", nil)
	if response.StatusCode != 401 || body != `{"title":"expired"}` || response.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %q %q", response.StatusCode, body, response.Header.Get("Content-Type"))
	}
	if response.Header.Get("X-Other") != "" {
		t.Errorf("another header went out")
	}
}

// T-HS-03.
func TestConnectThatThrowsIs502(t *testing.T) {
	throws := gateway.Func(func(context.Context, *apigw.Event) (apigw.Response, error) {
		return apigw.Response{StatusCode: 200}, errors.New("thrown")
	})
	panics := gateway.Func(func(context.Context, *apigw.Event) (apigw.Response, error) { panic("crashed") })
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		for _, h := range []gateway.Handler{throws, panics} {
			a := serve(t, gateway.Options{Routes: connectWith(as(h))})
			if response, _ := a.refused("/prod", nil); response.StatusCode != 502 {
				t.Errorf("status %d, want 502", response.StatusCode)
			}
		}
	})
}

// The policy for what is not a proxy response, §1.3.
func TestConnectWithoutAStatusIs502Policy(t *testing.T) {
	for _, out := range []string{``, `null`, `"ok"`, `{}`, `{"statusCode":0}`, `{"statusCode":"200"}`, `{"statusCode":101}`, `{"statusCode":999}`} {
		h := raw(func(context.Context, []byte) ([]byte, error) { return []byte(out), nil })
		a := serve(t, gateway.Options{Routes: connectWith(h)})
		if response, _ := a.refused("/prod", nil); response.StatusCode != 502 {
			t.Errorf("%s: status %d, want 502", out, response.StatusCode)
		}
	}
	a := serve(t, gateway.Options{Routes: connectWith(status(0))})
	if response, _ := a.refused("/prod", nil); response.StatusCode != 502 {
		t.Errorf("zero response: status %d, want 502", response.StatusCode)
	}
}

func TestConnectThatMayNotBeInvokedIs500(t *testing.T) {
	h := raw(func(context.Context, []byte) ([]byte, error) {
		return nil, fmt.Errorf("no permission: %w", gateway.ErrNotInvoked)
	})
	a := serve(t, gateway.Options{Routes: connectWith(h)})
	if response, _ := a.refused("/prod", nil); response.StatusCode != 500 {
		t.Errorf("status %d, want 500", response.StatusCode)
	}
}

// T-HS-04.
func TestConnectThatTimesOutIs504Policy(t *testing.T) {
	ended := make(chan error, 1)
	release := make(chan struct{})
	h := raw(func(ctx context.Context, _ []byte) ([]byte, error) {
		<-release
		ended <- ctx.Err()
		return []byte(`{"statusCode":200}`), nil
	})
	a := serve(t, gateway.Options{Routes: connectWith(h), IntegrationTimeout: 20 * time.Millisecond})
	if response, _ := a.refused("/prod", nil); response.StatusCode != 504 {
		t.Errorf("status %d, want 504", response.StatusCode)
	}
	close(release)
	if err := within(t, ended); err != nil {
		t.Errorf("the function was cancelled: %v", err)
	}
	if a.Len() != 0 {
		t.Errorf("the late answer made a connection")
	}
}

// T-HS-05.
func TestWithoutConnectRouteEverybodyIsAccepted(t *testing.T) {
	a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$default": twoWay(echo)}})
	c := a.dial()
	c.send("x")
	c.expect("x")
}

// T-HS-06.
func TestPlainGetIs426(t *testing.T) {
	connects := newRecorder(nil)
	a := serve(t, gateway.Options{Routes: connectWith(connects)})
	if response, _ := a.request("GET", "/prod", ""); response.StatusCode != 426 {
		t.Errorf("status %d, want 426", response.StatusCode)
	}
	connects.none(t)
}

// A handshake that the engine cannot accept must not reach $connect.
func TestMalformedHandshakeInvokesNothingPolicy(t *testing.T) {
	connects := newRecorder(nil)
	a := serve(t, gateway.Options{Routes: connectWith(connects)})
	r, _ := http.NewRequestWithContext(t.Context(), "GET", a.http+"/prod", nil)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", "short")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 400 {
		t.Errorf("status %d, want 400", response.StatusCode)
	}
	connects.none(t)
}

// T-HS-07.
func TestSubprotocolIsNeverEchoedByTheGatewayItself(t *testing.T) {
	connects := newRecorder(nil)
	a := serve(t, gateway.Options{Routes: connectWith(connects)})
	c := a.dialWith("/prod", &websocket.DialOptions{Subprotocols: []string{"ps.v1", "token"}})
	if got := c.Subprotocol(); got != "" {
		t.Errorf("selected %q", got)
	}
	if got := connects.next(t).Headers.Get("sec-websocket-protocol"); !strings.Contains(got, "ps.v1") || !strings.Contains(got, "token") {
		t.Errorf("the event says %q", got)
	}
}

// T-HS-07.
func TestSubprotocolIsTheOneThatConnectSelects(t *testing.T) {
	for _, name := range []string{"Sec-WebSocket-Protocol", "sec-websocket-protocol", "SEC-WEBSOCKET-PROTOCOL"} {
		h := gateway.Func(func(context.Context, *apigw.Event) (apigw.Response, error) {
			return apigw.Response{StatusCode: 200, Headers: map[string]string{name: "ps.v1", "Set-Cookie": "a=b"}}, nil
		})
		both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
			a := serve(t, gateway.Options{Routes: connectWith(as(h))})
			c, response, err := websocket.Dial(t.Context(), a.ws+"/prod", &websocket.DialOptions{Subprotocols: []string{"token", "ps.v1"}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			if c.Subprotocol() != "ps.v1" {
				t.Errorf("%s: selected %q", name, c.Subprotocol())
			}
			if response.Header.Get("Set-Cookie") != "" { // policy
				t.Errorf("other headers go out with the 101")
			}
		})
	}
}

// T-HS-08.
func TestConnectionIsGoneUntilTheUpgradeIsDone(t *testing.T) {
	var a *api
	early := make(chan [3]int, 1)
	id := make(chan string, 1)
	h := gateway.Func(func(_ context.Context, e *apigw.Event) (apigw.Response, error) {
		var codes [3]int
		for i, method := range []string{"POST", "GET", "DELETE"} {
			response, _ := a.request(method, "/prod/@connections/"+e.ConnectionID, "x")
			codes[i] = response.StatusCode
		}
		if p := a.Post(context.Background(), []string{e.ConnectionID}, []byte("x"), false); len(p.Gone) != 1 {
			t.Errorf("Post during $connect: %+v", p)
		}
		early <- codes
		id <- e.ConnectionID
		return apigw.Response{StatusCode: 200}, nil
	})
	opened := make(chan string, 1)
	a = serve(t, gateway.Options{Routes: connectWith(h), Opened: func(_ context.Context, id string) { opened <- id }})
	c := a.dial()
	if codes := within(t, early); codes != [3]int{410, 410, 410} {
		t.Errorf("during $connect: %v", codes)
	}
	connection := within(t, id)
	if got := within(t, opened); got != connection {
		t.Errorf("Opened(%q), want %q", got, connection)
	}
	if response, _ := a.request("POST", "/prod/@connections/"+connection, "hello"); response.StatusCode != 200 {
		t.Errorf("after $connect: %d", response.StatusCode)
	}
	c.expect("hello")
}

// T-HS-12.
func TestEachConnectAsksTheAuthorizerAnew(t *testing.T) {
	authorizer := &counter{Handler: allow(nil)}
	a := serve(t, gateway.Options{Authorizer: &gateway.Authorizer{Handler: authorizer}})
	a.dial()
	a.dial()
	if n := authorizer.Load(); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

// T-HS-13.
func TestRefusedClientLeavesNothingBehindPolicy(t *testing.T) {
	for _, code := range []int{401, 403} {
		disconnects := newRecorder(nil)
		routes := connectWith(status(code))
		routes["$disconnect"] = oneWay(disconnects)
		a := serve(t, gateway.Options{Routes: routes})
		a.refused("/prod", nil)
		if a.Len() != 0 {
			t.Errorf("%d connections", a.Len())
		}
		if err := a.Shutdown(t.Context()); err != nil { // waits for what runs
			t.Fatal(err)
		}
		disconnects.none(t)
	}
}

// T-HS-14.
func TestURLOfMoreThan4096CharactersIs414Policy(t *testing.T) {
	a := serve(t, gateway.Options{})
	path := "/prod?t="
	a.dialWith(path+strings.Repeat("x", 4096-len(path)), nil)
	if response, _ := a.refused(path+strings.Repeat("x", 4097-len(path)), nil); response.StatusCode != 414 {
		t.Errorf("status %d, want 414", response.StatusCode)
	}
}

func TestHeadersOfMoreThan10240BytesAre431Policy(t *testing.T) {
	a := serve(t, gateway.Options{})
	a.dialWith("/prod", &websocket.DialOptions{HTTPHeader: http.Header{"X-A": {strings.Repeat("x", 9000)}}})
	if response, _ := a.refused("/prod", http.Header{"X-A": {strings.Repeat("x", 10240)}}); response.StatusCode != 431 {
		t.Errorf("status %d, want 431", response.StatusCode)
	}
}

// T-HS-15.
func TestUnknownStageIs403Policy(t *testing.T) {
	a := serve(t, gateway.Options{})
	for _, path := range []string{"/", "/prod2", "/other", "/prod/more", "/Prod"} {
		response, body := a.refused(path, nil)
		if response.StatusCode != 403 || strings.TrimSpace(body) != `{"message":"Forbidden"}` {
			t.Errorf("%s: %d %s", path, response.StatusCode, body)
		}
	}
}

func TestTrailingSlashAfterTheStageIsAccepted(t *testing.T) {
	serve(t, gateway.Options{}).dialWith("/prod/", nil)
}

func TestStageNamesAreLettersDigitsHyphenAndUnderscore(t *testing.T) {
	for stage, good := range map[string]bool{
		"prod": true, "a-b_C9": true, "": false, "a.b": false, "a/b": false, "é": false,
		strings.Repeat("x", 128): true, strings.Repeat("x", 129): false,
	} {
		g, err := gateway.New(gateway.Options{Stage: stage, Selection: "x"})
		if (err == nil) != good {
			t.Errorf("stage %q: %v", stage, err)
		}
		if g != nil {
			g.Shutdown(t.Context())
		}
	}
}

func TestMissingRequiredParameterIs400Policy(t *testing.T) {
	connects := newRecorder(nil)
	a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$connect": {
		Handler: connects, Required: []string{"route.request.querystring.t", "route.request.header.X-One"},
	}}})
	if response, _ := a.refused("/prod?t=1", nil); response.StatusCode != 400 {
		t.Errorf("status %d, want 400", response.StatusCode)
	}
	connects.none(t)
	a.dialWith("/prod?t=1", &websocket.DialOptions{HTTPHeader: http.Header{"x-one": {"1"}}})
}

// §1.7.
func TestMissingOrWrongAPIKeyIs403(t *testing.T) {
	a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$connect": {APIKeys: []string{"k1", "k2"}}}})
	for _, header := range []http.Header{nil, {"X-Api-Key": {"k3"}}, {"X-Api-Key": {""}}} {
		if response, _ := a.refused("/prod", header); response.StatusCode != 403 {
			t.Errorf("status %d, want 403", response.StatusCode)
		}
	}
	a.dialWith("/prod", &websocket.DialOptions{HTTPHeader: http.Header{"X-Api-Key": {"k2"}}})
}

// §1.7.
func TestAPIKeyMayComeFromTheAuthorizer(t *testing.T) {
	authorizer := raw(func(context.Context, []byte) ([]byte, error) {
		return json.Marshal(apigw.Authorization{PrincipalID: "p", Policy: policy("Allow", "*"), UsageIdentifierKey: "k1"})
	})
	a := serve(t, gateway.Options{
		Routes:     map[string]gateway.Route{"$connect": {APIKeys: []string{"k1"}}},
		Authorizer: &gateway.Authorizer{Handler: authorizer},
	})
	a.dial()
}

// T-FR-07, the first half.
func TestConnectRateIsLimitedWith429(t *testing.T) {
	var clock clock
	connects := newRecorder(nil)
	a := serve(t, gateway.Options{
		Routes: connectWith(connects), ConnectRate: gateway.Throttle{Rate: 2, Burst: 2}, Now: clock.now,
	})
	a.dial()
	a.dial()
	response, _ := a.refused("/prod", nil)
	if response.StatusCode != 429 {
		t.Errorf("status %d, want 429", response.StatusCode)
	}
	connects.next(t)
	connects.next(t)
	connects.none(t)
	clock.move(time.Second)
	a.dial()
}

// T-OD-05. What $connect has left behind must be cleared away.
func TestClientThatLeavesDuringConnectIsDisconnectedPolicy(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	disconnects := newRecorder(nil)
	a := serve(t, gateway.Options{Routes: map[string]gateway.Route{
		"$connect": oneWay(raw(func(context.Context, []byte) ([]byte, error) {
			close(inside)
			<-release
			return []byte(`{"statusCode":200}`), nil
		})),
		"$disconnect": oneWay(disconnects),
	}})
	tcp, err := net.Dial("tcp", strings.TrimPrefix(a.http, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(tcp, "GET /prod HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	within(t, inside)
	tcp.(*net.TCPConn).SetLinger(0)
	tcp.Close()
	close(release)
	if e := disconnects.next(t); e.DisconnectCode != 1006 {
		t.Errorf("code %d, want 1006", e.DisconnectCode)
	}
	eventually(t, "no connection is left", func() bool { return a.Len() == 0 })
}

func TestUpgradeDuringShutdownIs503(t *testing.T) {
	a := serve(t, gateway.Options{})
	if err := a.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if response, _ := a.refused("/prod", nil); response.StatusCode != 503 {
		t.Errorf("status %d, want 503", response.StatusCode)
	}
}

// A handshake that is under way when the shutdown begins is finished, and then
// ended like the others: what $connect has made, $disconnect can clear away.
func TestShutdownLetsAHandshakeFinish(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	disconnects := newRecorder(nil)
	a := serve(t, gateway.Options{
		ShutdownClose: gateway.CloseCode{Code: 4200},
		Routes: map[string]gateway.Route{
			"$connect": oneWay(raw(func(context.Context, []byte) ([]byte, error) {
				close(inside)
				<-release
				return []byte(`{"statusCode":200}`), nil
			})),
			"$disconnect": oneWay(disconnects),
		},
	})
	idle := make(chan *client, 1)
	go func() { idle <- a.dial() }()
	within(t, inside)
	stopped := make(chan error, 1)
	go func() { stopped <- a.Shutdown(context.Background()) }()
	eventually(t, "the shutdown is under way", func() bool {
		c, response, err := websocket.Dial(t.Context(), a.ws+"/prod", nil)
		if err == nil {
			c.CloseNow()
		}
		return response != nil && response.StatusCode == 503
	})
	close(release)
	within(t, idle).closed(4200)
	if err := within(t, stopped); err != nil {
		t.Error(err)
	}
	disconnects.next(t)
}
