package gateway_test

import (
	"testing"

	"github.com/coder/websocket"

	"tacet/infra/local/gateway"
)

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
