package gateway_test

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

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
