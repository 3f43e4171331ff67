package gateway_test

import (
	"context"
	"testing"
	"time"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

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
