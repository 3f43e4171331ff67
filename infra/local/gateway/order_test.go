package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

// T-OD-01: each of them waits until all are there.
func TestMessagesOfOneConnectionAreHandledAtTheSameTime(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		const n = 100
		var together sync.WaitGroup
		together.Add(n)
		h := gateway.Func(func(context.Context, *apigw.Event) (apigw.Response, error) {
			together.Done()
			together.Wait()
			return apigw.Response{StatusCode: 200, Body: []byte("ok")}, nil
		})
		a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$default": twoWay(as(h))}})
		c := a.dial()
		for range n {
			c.send("x")
		}
		for range n {
			c.expect("ok")
		}
	})
}

// The bound that protects the process: what is not handled is not read.
func TestMessagesBeyondTheBoundWaitUnread(t *testing.T) {
	const bound, n = 4, 200
	var running, most atomic.Int32
	entered := make(chan struct{}, n)
	release := make(chan struct{})
	h := raw(func(context.Context, []byte) ([]byte, error) {
		now := running.Add(1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		entered <- struct{}{}
		<-release
		running.Add(-1)
		return []byte(`{"statusCode":200,"body":"ok"}`), nil
	})
	a := serve(t, gateway.Options{InFlight: bound, Routes: map[string]gateway.Route{"$default": twoWay(h)}})
	c := a.dial()
	for range n {
		c.send("x")
	}
	for range bound {
		within(t, entered)
	}
	close(release)
	for range n {
		c.expect("ok")
	}
	if m := most.Load(); m > bound+1 {
		t.Errorf("%d ran at once, the bound is %d", m, bound)
	}
}

// Ordered, messages are handled one after the other and their answers come in
// the same order.
func TestOrderedMessagesAreHandledOneAfterTheOther(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		var running atomic.Int32
		h := gateway.Func(func(_ context.Context, e *apigw.Event) (apigw.Response, error) {
			if running.Add(1) != 1 {
				t.Error("two at once")
			}
			defer running.Add(-1)
			return apigw.Response{StatusCode: 200, Body: bytes.Clone(e.Body)}, nil
		})
		a := serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{"$default": twoWay(as(h))}})
		c := a.dial()
		const n = 500
		for i := range n {
			c.send(strconv.Itoa(i))
		}
		for i := range n {
			c.expect(strconv.Itoa(i))
		}
	})
}

// Ordered, an answer comes before whatever its handler has posted.
func TestOrderedAnswerPrecedesWhatItsHandlerPosts(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		var a *api
		h := gateway.Func(func(ctx context.Context, e *apigw.Event) (apigw.Response, error) {
			for i := range 3 {
				a.Post(ctx, []string{e.ConnectionID}, fmt.Appendf(nil, "posted %d", i), false)
			}
			return apigw.Response{StatusCode: 200, Body: []byte("ack")}, nil
		})
		a = serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{"$default": twoWay(as(h))}})
		c := a.dial()
		for range 3 {
			c.send("x")
			c.expect("ack")
			for i := range 3 {
				c.expect(fmt.Sprintf("posted %d", i))
			}
		}
	})
}

// What waits for a handler goes out when the handler has failed or run out of
// time, too.
func TestOrderedPostsWaitForNoHandlerForEver(t *testing.T) {
	var a *api
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	h := raw(func(ctx context.Context, event []byte) ([]byte, error) {
		e, _ := apigw.Decode(event)
		a.Post(ctx, []string{e.ConnectionID}, []byte("posted"), false)
		<-release
		return nil, nil
	})
	a = serve(t, gateway.Options{Ordered: true, IntegrationTimeout: 20 * time.Millisecond, Routes: map[string]gateway.Route{"$default": twoWay(h)}})
	c := a.dial()
	c.send("x")
	c.errorFrame("Endpoint request timed out")
	c.expect("posted")
}

// Ordered, a handler that ends its own connection is still heard: the answer
// says why.
func TestOrderedCloseFromInsideAHandlerFollowsItsAnswer(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		var a *api
		h := gateway.Func(func(_ context.Context, e *apigw.Event) (apigw.Response, error) {
			a.Disconnect(e.ConnectionID, 4003, "forbidden")
			return apigw.Response{StatusCode: 200, Body: []byte("because")}, nil
		})
		a = serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{"$default": twoWay(as(h))}})
		c := a.dial()
		c.send("x")
		c.expect("because")
		c.closed(4003)
	})
}

// Ordered, $disconnect comes after the last message.
func TestOrderedDisconnectComesLast(t *testing.T) {
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		all := newRecorder(nil)
		a := serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{
			"$connect": oneWay(as(all)), "$default": oneWay(as(all)), "$disconnect": oneWay(as(all)),
		}})
		c := a.dial()
		const n = 50
		for range n {
			c.send("x")
		}
		c.Close(1000, "")
		if e := all.next(t); e.Type != apigw.Connect {
			t.Fatalf("first: %v", e)
		}
		for range n {
			if e := all.next(t); e.Type != apigw.Message {
				t.Fatalf("%v", e)
			}
		}
		if e := all.next(t); e.Type != apigw.Disconnect {
			t.Fatalf("last: %v", e)
		}
	})
}

// Ordered, that holds for a connection that is lost while its handler runs, too.
func TestOrderedDisconnectOfALostConnectionComesLast(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	var done atomic.Bool
	late := make(chan bool, 1)
	a := serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{
		"$default": oneWay(raw(func(context.Context, []byte) ([]byte, error) {
			close(inside)
			<-release
			done.Store(true)
			return []byte(`{"statusCode":200}`), nil
		})),
		"$disconnect": oneWay(raw(func(context.Context, []byte) ([]byte, error) {
			late <- done.Load()
			return []byte(`{"statusCode":200}`), nil
		})),
	}})
	c := a.tcp("/prod")
	writeFrame(t, c, "x")
	within(t, inside)
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
	eventually(t, "the connection ends", func() bool { return a.Len() == 0 })
	close(release)
	if !within(t, late) {
		t.Error("$disconnect did not wait for the message's handler")
	}
}

// T-OD-02, §6.1. Idle and the hard limit are in frame_test.go, DELETE in
// callback_test.go.
func TestDisconnectSaysHowTheConnectionEnded(t *testing.T) {
	for name, test := range map[string]struct {
		end    func(*client)
		code   int
		reason string
	}{
		"a browser's tab is closed":      {func(c *client) { c.Close(1001, "") }, 1001, ""},
		"close without a status":         {func(c *client) { c.Close(websocket.StatusNoStatusRcvd, "") }, 1005, "Client-side close frame status not set"},
		"the client's own code (policy)": {func(c *client) { c.Close(4321, "enough") }, 4321, "enough"},
		"normal, with a reason (policy)": {func(c *client) { c.Close(1000, "bye") }, 1000, "bye"},
		"the connection is lost":         {func(c *client) { c.CloseNow() }, 1006, "Connection closed abnormally"},
	} {
		both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
			disconnects := newRecorder(nil)
			a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$disconnect": oneWay(as(disconnects))}})
			test.end(a.dial())
			if e := disconnects.next(t); e.DisconnectCode != test.code || e.DisconnectReason != test.reason {
				t.Errorf("%s: %d %q, want %d %q", name, e.DisconnectCode, e.DisconnectReason, test.code, test.reason)
			}
		})
	}
}

// T-OD-03.
func TestHostileDisconnects(t *testing.T) {
	options := func(h gateway.Hostile, disconnects *recorder) gateway.Options {
		h.Random = func() float64 { return 0.5 }
		return gateway.Options{Hostile: h, Routes: map[string]gateway.Route{"$default": twoWay(echo), "$disconnect": oneWay(disconnects)}}
	}
	t.Run("dropped", func(t *testing.T) {
		disconnects := newRecorder(nil)
		a := serve(t, options(gateway.Hostile{DropDisconnect: 0.6}, disconnects))
		a.dial().Close(1000, "")
		eventually(t, "the connection ends", func() bool { return a.Len() == 0 })
		if err := a.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		disconnects.none(t)
	})
	t.Run("kept", func(t *testing.T) {
		disconnects := newRecorder(nil)
		a := serve(t, options(gateway.Hostile{DropDisconnect: 0.4}, disconnects))
		a.dial().Close(1000, "")
		disconnects.next(t)
	})
	t.Run("twice", func(t *testing.T) {
		disconnects := newRecorder(nil)
		a := serve(t, options(gateway.Hostile{DuplicateDisconnect: 1}, disconnects))
		a.dial().Close(1000, "")
		one, two := disconnects.next(t), disconnects.next(t)
		if one.ConnectionID != two.ConnectionID || one.RequestID == two.RequestID {
			t.Errorf("%v, %v", one, two)
		}
	})
	t.Run("late", func(t *testing.T) {
		disconnects := newRecorder(nil)
		a := serve(t, options(gateway.Hostile{DelayDisconnect: 50 * time.Millisecond}, disconnects))
		a.dial().Close(1000, "")
		eventually(t, "the connection ends", func() bool { return a.Len() == 0 })
		disconnects.none(t)
		disconnects.next(t)
	})
	t.Run("while a message is handled", func(t *testing.T) {
		inside, release := make(chan struct{}), make(chan struct{})
		disconnects := newRecorder(nil)
		a := serve(t, gateway.Options{Routes: map[string]gateway.Route{
			"$disconnect": oneWay(disconnects),
			"$default": oneWay(raw(func(context.Context, []byte) ([]byte, error) {
				close(inside)
				<-release
				return []byte(`{"statusCode":200}`), nil
			})),
		}})
		c := a.dial()
		c.send("x")
		within(t, inside)
		c.Close(1000, "")
		disconnects.next(t)
		close(release)
	})
}

func TestHostileCallbacks(t *testing.T) {
	t.Run("spurious 410", func(t *testing.T) {
		var chance atomic.Int64
		a, c, id := connected(t, gateway.Options{Hostile: gateway.Hostile{
			SpuriousGone: 0.5, Random: func() float64 { return float64(chance.Load()) },
		}}, nil)
		if response, _ := a.request("POST", "/prod/@connections/"+id, "lost"); response.StatusCode != 410 {
			t.Errorf("status %d", response.StatusCode)
		}
		chance.Store(1)
		if response, _ := a.request("POST", "/prod/@connections/"+id, "found"); response.StatusCode != 200 {
			t.Errorf("status %d", response.StatusCode)
		}
		c.expect("found")
	})
	t.Run("lag after connect", func(t *testing.T) {
		a, c, id := connected(t, gateway.Options{Hostile: gateway.Hostile{PostLag: 100 * time.Millisecond}}, nil)
		if response, _ := a.request("POST", "/prod/@connections/"+id, "early"); response.StatusCode != 410 {
			t.Errorf("status %d", response.StatusCode)
		}
		eventually(t, "the connection is found", func() bool {
			response, _ := a.request("POST", "/prod/@connections/"+id, "late")
			return response.StatusCode == 200
		})
		c.expect("late")
	})
	t.Run("a connection that ends within the lag is not found later", func(t *testing.T) {
		disconnects := newRecorder(nil)
		a := serve(t, gateway.Options{
			Hostile: gateway.Hostile{PostLag: 20 * time.Millisecond},
			Routes:  map[string]gateway.Route{"$disconnect": oneWay(disconnects)},
		})
		a.dial().CloseNow()
		disconnects.next(t)
		for range 10 { // half a lag each, so that the timer fires in between
			<-time.After(10 * time.Millisecond)
			if a.Len() != 0 {
				t.Fatal("it is found")
			}
		}
	})
}

// Bad client: 10,000 frames in a burst, each answered, none lost.
func TestBurstOf10000FramesIsAnsweredWhole(t *testing.T) {
	for name, o := range map[string]gateway.Options{
		"ordered": {Ordered: true, Routes: map[string]gateway.Route{"$default": twoWay(echo)}},
		"beside":  {Routes: map[string]gateway.Route{"$default": twoWay(echo)}},
		"JSON":    {Routes: map[string]gateway.Route{"$default": twoWay(gateway.Encoded(echo))}},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, o).dial()
			n := 10000
			if name == "JSON" {
				n = 2000 // the burst is the same, the work is not
			}
			go func() {
				for i := range n {
					if c.Write(t.Context(), websocket.MessageText, []byte(strconv.Itoa(i))) != nil {
						return
					}
				}
			}()
			seen := make([]bool, n)
			for i := range n {
				got, err := strconv.Atoi(c.receive())
				if err != nil || seen[got] || o.Ordered && got != i {
					t.Fatalf("answer %d is %d, %v", i, got, err)
				}
				seen[got] = true
			}
		})
	}
}

// Bad clients: 2,000 connections that vanish without a close frame.
func TestTwoThousandVanishWithoutACloseFrame(t *testing.T) {
	disconnects := newRecorder(nil)
	a := serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{"$disconnect": oneWay(disconnects)}})
	const n = 2000
	var conns []net.Conn
	for range n {
		conns = append(conns, a.tcp("/prod"))
	}
	eventually(t, "all are open", func() bool { return a.Len() == n })
	for _, c := range conns {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	ids := make(map[string]bool)
	for range n {
		e := disconnects.next(t)
		if e.DisconnectCode != 1006 || ids[e.ConnectionID] {
			t.Fatalf("%v with %d", e, e.DisconnectCode)
		}
		ids[e.ConnectionID] = true
	}
	eventually(t, "none is left", func() bool { return a.Len() == 0 })
}

// Bad client: it never reads its answers. The others do not notice, and what it
// sends is not read without end.
func TestClientThatNeverReadsIsNotReadEither(t *testing.T) {
	var handled atomic.Int64
	big := bytes.Repeat([]byte{'x'}, 16<<10)
	h := gateway.Func(func(context.Context, *apigw.Event) (apigw.Response, error) {
		handled.Add(1)
		return apigw.Response{StatusCode: 200, Body: big}, nil
	})
	a := serve(t, gateway.Options{Ordered: true, Backlog: 256 << 10, Routes: map[string]gateway.Route{
		"big": twoWay(h), "$default": twoWay(echo),
	}})
	bad := a.dial()
	const most = 200_000
	stopped := make(chan int, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		n := 0
		for ; n < most && bad.Write(ctx, websocket.MessageText, []byte(`{"action":"big"}`)) == nil; n++ {
		}
		stopped <- n
	}()
	good := a.dial()
	quiet, last := 0, int64(-1)
	eventually(t, "the bad client is not read any more", func() bool {
		good.send("hello")
		good.expect("hello")
		if now := handled.Load(); now == last && now > 0 {
			quiet++
		} else {
			quiet, last = 0, now
		}
		return quiet > 100
	})
	cancel()
	if n := within(t, stopped); n == most {
		t.Errorf("it could send everything")
	}
}

func TestShutdownTellsClientsToComeBack(t *testing.T) {
	disconnects := newRecorder(nil)
	a := serve(t, gateway.Options{
		Routes:        map[string]gateway.Route{"$disconnect": oneWay(gateway.Encoded(disconnects))},
		ShutdownClose: gateway.CloseCode{Code: 4200, Reason: "come back"},
	})
	c := a.dial()
	stopped := make(chan error, 1)
	go func() { stopped <- a.Shutdown(context.Background()) }()
	if e := c.closed(4200); e.Reason != "come back" {
		t.Errorf("reason %q", e.Reason)
	}
	if err := within(t, stopped); err != nil {
		t.Error(err)
	}
	select {
	case e := <-disconnects.events: // it has been handled by the time that Shutdown returns
		if e.DisconnectCode != 4200 {
			t.Errorf("code %d", e.DisconnectCode)
		}
	default:
		t.Error("no $disconnect")
	}
}

// A message that is being handled is answered before the close.
func TestShutdownLetsAMessageBeAnswered(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	h := raw(func(context.Context, []byte) ([]byte, error) {
		close(inside)
		<-release
		return []byte(`{"statusCode":200,"body":"answer"}`), nil
	})
	a := serve(t, gateway.Options{
		Ordered: true, Routes: map[string]gateway.Route{"$default": twoWay(h)}, ShutdownClose: gateway.CloseCode{Code: 4200},
	})
	idle, c := a.dial(), a.dial()
	c.send("x")
	within(t, inside)
	stopped := make(chan error, 1)
	go func() { stopped <- a.Shutdown(context.Background()) }()
	idle.closed(4200) // the shutdown is under way
	close(release)
	c.expect("answer")
	c.closed(4200)
	if err := within(t, stopped); err != nil {
		t.Error(err)
	}
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	inside := make(chan struct{})
	ended := make(chan struct{})
	a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$default": oneWay(raw(func(ctx context.Context, _ []byte) ([]byte, error) {
		close(inside)
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	}))}})
	c := a.dial()
	c.send("x")
	within(t, inside)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.Shutdown(ctx); err == nil {
		t.Error("no error")
	}
	within(t, ended)
}

// On one loop, whoever waited there would keep the other from ever being read.
func TestAMessageThatWaitsDoesNotHoldUpOtherConnections(t *testing.T) {
	released := make(chan struct{})
	h := gateway.Func(func(_ context.Context, e *apigw.Event) (apigw.Response, error) {
		switch string(e.Body) {
		case "wait":
			<-released
		case "release":
			close(released)
		}
		return apigw.Response{StatusCode: 200, Body: bytes.Clone(e.Body)}, nil
	})
	route := twoWay(h)
	route.Waits = func(body []byte) bool { return string(body) == "wait" }
	a := serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{"$default": route}})
	patient, other := a.dial(), a.dial()
	patient.send("wait")
	patient.send("after")
	other.send("release")
	other.expect("release")
	patient.expect("wait")
	patient.expect("after")
}

// A $disconnect may have to wait for a disk, too.
func TestADisconnectThatWaitsDoesNotHoldUpOtherConnections(t *testing.T) {
	entered, released := make(chan struct{}), make(chan struct{})
	h := gateway.Func(func(context.Context, *apigw.Event) (apigw.Response, error) {
		close(entered)
		<-released
		return apigw.Response{StatusCode: 200}, nil
	})
	a := serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{"$disconnect": oneWay(h), "$default": twoWay(echo)}})
	t.Cleanup(func() { close(released) })
	leaver, other := a.dial(), a.dial()
	leaver.CloseNow()
	within(t, entered)
	other.send("hello")
	other.expect("hello")
}

// On the loop it would keep the engine from ending, and so itself.
func TestShutdownEndsAHandlerThatWaitsForTheEndOfItsContext(t *testing.T) {
	entered, ended := make(chan struct{}), make(chan struct{})
	h := gateway.Func(func(ctx context.Context, _ *apigw.Event) (apigw.Response, error) {
		close(entered)
		<-ctx.Done()
		close(ended)
		return apigw.Response{StatusCode: 200}, nil
	})
	a := serve(t, gateway.Options{Ordered: true, Routes: map[string]gateway.Route{"$default": twoWay(h)}})
	a.dial().send("x")
	within(t, entered)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	go a.Shutdown(ctx)
	within(t, ended)
}
