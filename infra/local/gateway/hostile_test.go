package gateway_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"tacet/infra/local/gateway"
)

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
