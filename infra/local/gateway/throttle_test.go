package gateway_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tacet/infra/local/gateway"
)

// A route has a bucket of its own, and what it refuses is not handled.
func TestARouteIsThrottledByItself(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		var clock clock
		throttled := twoWay(echo)
		throttled.Throttle = &gateway.Throttle{Rate: 1, Burst: 2}
		shut := twoWay(echo)
		shut.Throttle = &gateway.Throttle{} // what a stage does whose settings are 0
		a := serve(t, gateway.Options{Ordered: ordered, Now: clock.now, Routes: map[string]gateway.Route{
			"often": throttled, "never": shut, "$default": twoWay(echo),
		}})
		c := a.dial()
		for range 2 {
			c.send(`{"action":"often"}`)
			c.expect(`{"action":"often"}`)
		}
		c.send(`{"action":"often"}`)
		c.errorFrame("Too Many Requests") // policy: the text is a guess
		c.send(`{"action":"never"}`)
		c.errorFrame("Too Many Requests")
		c.send("other routes go on")
		c.expect("other routes go on")
		clock.move(time.Second)
		c.send(`{"action":"often"}`)
		c.expect(`{"action":"often"}`)
	}
}

func TestThrottledConnectIs429AndInvokesNothing(t *testing.T) {
	var clock clock
	connects := newRecorder(nil)
	routes := connectWith(connects)
	connect := routes["$connect"]
	connect.Throttle = &gateway.Throttle{Rate: 1}
	routes["$connect"] = connect
	a := serve(t, gateway.Options{Routes: routes, Now: clock.now})
	a.dial()
	connects.next(t)
	if response, _ := a.refused("/prod", nil); response.StatusCode != 429 {
		t.Errorf("status %d, want 429", response.StatusCode)
	}
	connects.none(t)
	clock.move(time.Second)
	a.dial()
}

// A route's own timeout counts where it is the shorter one.
func TestARouteHasATimeoutOfItsOwn(t *testing.T) {
	for name, c := range map[string]struct{ all, own time.Duration }{
		"shorter than all others'": {time.Hour, 20 * time.Millisecond},
		"where others have none":   {-1, 20 * time.Millisecond},
		"longer than all may take": {20 * time.Millisecond, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			slow := twoWay(raw(func(context.Context, []byte) ([]byte, error) { <-release; return []byte(`{"statusCode":200}`), nil }))
			slow.Timeout = c.own
			client := serve(t, gateway.Options{IntegrationTimeout: c.all, Routes: map[string]gateway.Route{"$default": slow}}).dial()
			client.send("x")
			client.errorFrame("Endpoint request timed out")
			close(release)
		})
	}
}

func TestTheLogNamesTheFunction(t *testing.T) {
	lines := make(lines, 1)
	route := twoWay(echo)
	route.Function = "Echo"
	a := serve(t, gateway.Options{Routes: map[string]gateway.Route{"$default": route}, Log: slog.New(slog.NewTextHandler(lines, nil))})
	c := a.dial()
	c.send("x")
	c.expect("x")
	if line := <-lines; !strings.Contains(line, "route=$default") || !strings.Contains(line, "function=Echo") {
		t.Error(line)
	}
}

// lines gets what a log writes.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}
