package gateway

import (
	"time"

	"tacet/infra/apigw"
	"tacet/infra/local/socket"
)

// Closed is the end of a connection: callbacks answer 410 from now on, and
// $disconnect is invoked, once, after the last message of an ordered
// connection, beside the messages of another that still run.
func (c *conn) Closed(_ *socket.Conn, code int, reason string) {
	defer c.g.open.Done()
	how := CloseCode{code, disconnectReason(code, reason)}
	c.mu.Lock()
	c.closed = true
	c.g.table.remove(c.key())
	later := c.busy // a lost connection ends while its handler still runs
	if later {
		c.ended = &how
	}
	c.mu.Unlock()
	if !later {
		c.disconnect(how)
	}
}

// disconnectReason is what the event says of a close without words.
func disconnectReason(code int, reason string) string {
	switch code {
	case socket.StatusNone:
		return "Client-side close frame status not set"
	case socket.StatusLost:
		return "Connection closed abnormally"
	}
	return reason
}

// disconnect invokes $disconnect, as badly as Options.Hostile wants it.
func (c *conn) disconnect(how CloseCode) {
	g := c.g
	r := g.routes[apigw.RouteDisconnect]
	if r == nil || r.Handler == nil {
		return
	}
	bad := &g.opts.Hostile
	times := 1
	if bad.happens(bad.DuplicateDisconnect) {
		times = 2
	}
	if bad.happens(bad.DropDisconnect) {
		return
	}
	run := func() {
		for range times {
			var e apigw.Event
			c.event(&e, apigw.Disconnect, apigw.RouteDisconnect)
			e.DisconnectCode, e.DisconnectReason = how.Code, how.Reason
			e.Headers = disconnectHeaders(c.domain)
			g.invoke(c, r, &e) // nobody is left to be told
		}
	}
	// Not on the goroutine that brought the news: it moves the bytes of others.
	g.running.Go(func() {
		if bad.DelayDisconnect > 0 {
			select {
			case <-time.After(bad.DelayDisconnect):
			case <-g.ctx.Done():
			}
		}
		run()
	})
}

// disconnectHeaders are the few headers that a $disconnect event has.
func disconnectHeaders(domain string) apigw.Header {
	return apigw.Header{"Host": {domain}, "x-api-key": {""}, "X-Forwarded-For": {""}, "x-restapi": {""}}
}

// happens reports whether a fault of a given chance happens now.
func (h *Hostile) happens(chance float64) bool {
	return chance > 0 && h.Random() < chance
}
