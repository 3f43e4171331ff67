package gateway_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

// length answers with the length of the message.
var length = gateway.Func(func(_ context.Context, e *apigw.Event) (apigw.Response, error) {
	return apigw.Response{StatusCode: 200, Body: []byte(strings.Repeat("#", len(e.Body)/1024) + "+" + strings.Repeat("1", len(e.Body)%1024))}, nil
})

func lengths(t *testing.T) *api {
	return serve(t, gateway.Options{Routes: map[string]gateway.Route{"$default": twoWay(length)}})
}

// fragments sends one message in frames of the sizes given. It may fail, when
// the server has seen enough.
func (c *client) fragments(kind websocket.MessageType, sizes ...int) {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	w, err := c.Writer(ctx, kind)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, n := range sizes {
		if _, err := w.Write(bytes.Repeat([]byte{'x'}, n)); err != nil {
			return
		}
	}
	w.Close()
}

const kib = 1 << 10

// T-FR-01.
func TestFrameOfMoreThan32KiBIs1009(t *testing.T) {
	c := lengths(t).dial()
	c.fragments(websocket.MessageText, 32*kib)
	c.expect(strings.Repeat("#", 32) + "+")
	c.fragments(websocket.MessageText, 32*kib+1)
	c.closed(websocket.StatusMessageTooBig)
}

// T-FR-02.
func TestMessageOf128KiBInFramesIsOneEventAndOneByteMoreIs1009(t *testing.T) {
	c := lengths(t).dial()
	c.fragments(websocket.MessageText, 32*kib, 32*kib, 32*kib, 32*kib)
	c.expect(strings.Repeat("#", 128) + "+")
	c.fragments(websocket.MessageText, 32*kib, 32*kib, 32*kib, 32*kib, 1)
	c.closed(websocket.StatusMessageTooBig)
}

// T-FR-03.
func TestBinaryIs1003(t *testing.T) {
	a := lengths(t)
	for _, sizes := range [][]int{{10}, {10, 10}} {
		c := a.dial()
		c.fragments(websocket.MessageBinary, sizes...)
		c.closed(websocket.StatusUnsupportedData)
	}
}

// T-FR-08.
func TestTextThatIsNotUTF8Is1007(t *testing.T) {
	c := lengths(t).dial()
	c.send("\xff\xfe")
	c.closed(websocket.StatusInvalidFramePayloadData)
}

// T-FR-06.
func TestControlFramesMayComeInsideAFragmentedMessage(t *testing.T) {
	c := lengths(t).dial()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w, err := c.Writer(ctx, websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		_, text, _ := c.Read(ctx) // answers to pings are seen only while reading
		answered <- string(text)
	}()
	for range 2 {
		w.Write(bytes.Repeat([]byte{'x'}, kib))
		if err := c.Ping(ctx); err != nil {
			t.Fatalf("no pong: %v", err)
		}
	}
	w.Close()
	if got := within(t, answered); got != "##+" {
		t.Errorf("received %q", got)
	}
}

// T-FR-04, T-OD-04, and later evidence 2.
func TestClientThatSaysNothingIsClosedWith1001(t *testing.T) {
	disconnects := newRecorder(nil)
	a := serve(t, gateway.Options{IdleTimeout: 50 * time.Millisecond, Routes: map[string]gateway.Route{"$disconnect": oneWay(disconnects)}})
	c := a.dial()
	if e := c.closed(websocket.StatusGoingAway); e.Reason != "Going away" {
		t.Errorf("reason %q", e.Reason)
	}
	if e := disconnects.next(t); e.DisconnectCode != 1001 || e.DisconnectReason != "Going away" {
		t.Errorf("%d %q", e.DisconnectCode, e.DisconnectReason)
	}
}

// outlives expects a connection to live for several idle timeouts while keep
// is done again and again, and to end when it is not.
func outlives(t *testing.T, o gateway.Options, keep func(*api, *client, string)) {
	o.IdleTimeout = 300 * time.Millisecond
	id := make(chan string, 1)
	o.Opened = func(_ context.Context, s string) { id <- s }
	a := serve(t, o)
	c := a.dial()
	connection := within(t, id)
	over := time.After(4 * o.IdleTimeout)
	for tick := time.NewTicker(o.IdleTimeout / 10); ; {
		select {
		case <-tick.C:
			keep(a, c, connection)
			continue
		case <-over:
		}
		tick.Stop()
		break
	}
	c.closed(websocket.StatusGoingAway)
}

// T-FR-04.
func TestMessagesEitherWayKeepAConnection(t *testing.T) {
	t.Run("post", func(t *testing.T) {
		t.Parallel()
		outlives(t, gateway.Options{}, func(a *api, c *client, id string) {
			if response, _ := a.request("POST", "/prod/@connections/"+id, "x"); response.StatusCode != 200 {
				t.Fatalf("status %d", response.StatusCode)
			}
		})
	})
	t.Run("message", func(t *testing.T) {
		t.Parallel()
		outlives(t, gateway.Options{Routes: map[string]gateway.Route{"$default": oneWay(status(200))}}, func(_ *api, c *client, _ string) {
			c.send("x")
		})
	})
}

// T-FR-04. What API Gateway does is not known.
func TestPingsAreAnsweredAndDoNotKeepAConnectionPolicy(t *testing.T) {
	a := serve(t, gateway.Options{IdleTimeout: 200 * time.Millisecond})
	c := a.dial()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := make(chan error, 1)
	go func() { _, _, err := c.Read(ctx); ended <- err }()
	pongs := 0
	for c.Ping(ctx) == nil {
		pongs++
	}
	if err := within(t, ended); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("ended with %v", err)
	}
	if pongs == 0 {
		t.Errorf("no ping was answered")
	}
}

// T-FR-05.
func TestHardLimitEndsABusyConnection(t *testing.T) {
	disconnects := newRecorder(nil)
	a := serve(t, gateway.Options{MaxLifetime: 100 * time.Millisecond, Routes: map[string]gateway.Route{
		"$default": twoWay(echo), "$disconnect": oneWay(disconnects),
	}})
	c := a.dial()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() {
		for c.Write(ctx, websocket.MessageText, []byte("x")) == nil {
		}
	}()
	c.closed(websocket.StatusGoingAway)
	if e := disconnects.next(t); e.DisconnectCode != 1001 || e.DisconnectReason != "Going away" {
		t.Errorf("%d %q", e.DisconnectCode, e.DisconnectReason)
	}
}
