package gateway_test

import (
	"bytes"
	"context"
	"testing"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

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
