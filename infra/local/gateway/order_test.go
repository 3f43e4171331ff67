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
