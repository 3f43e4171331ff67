package gateway

import (
	"bytes"
	"sync"

	"tacet/infra/apigw"
	"tacet/infra/local/socket"
)

// events are reused: a typed handler only borrows its event.
var events = sync.Pool{New: func() any { return new(apigw.Event) }}

// Message routes a message and sees that it is handled.
func (c *conn) Message(_ *socket.Conn, text []byte) {
	g := c.g
	e := events.Get().(*apigw.Event)
	route, key := g.route(text)
	c.event(e, apigw.Message, key)
	switch {
	case g.requests.take(1) == 0:
		c.reply(errorFrame(textTooMany, c.id, e.RequestID))
	case route == nil:
		c.reply(errorFrame(textForbidden, c.id, e.RequestID))
	case route.throttle.take(1) == 0:
		c.reply(errorFrame(textTooMany, c.id, e.RequestID))
	case route.Model != nil && route.Model(text) != nil:
		c.reply(badBodyFrame(c.id, e.MessageID))
	case route.Handler == nil:
	case g.opts.Ordered && route.direct && !route.waits(text):
		e.Body = text
		c.cork()
		c.uncork(c.handle(route, e))
	case g.opts.Ordered:
		c.handleAlone(route, e, text)
		return // the goroutine has the event
	default:
		c.handleBeside(route, e, text)
		return
	}
	release(e)
}

// release gives an event back, without what it held.
func release(e *apigw.Event) {
	*e = apigw.Event{}
	events.Put(e)
}

// route returns the route of a message, or nil, and its key.
func (g *Gateway) route(text []byte) (*route, string) {
	if g.keyed {
		var buf [64]byte
		// Looking up by string(…) in the index expression copies nothing.
		computed := g.selection.evaluate(buf[:0], text)
		if r, ok := g.routes[string(computed)]; ok && (len(computed) > 0 && computed[0] != '$' || g.dollar(computed)) {
			return r, r.key
		}
	}
	return g.fallback, apigw.RouteDefault
}

// dollar reports whether a message may select a key that begins with '$'.
func (g *Gateway) dollar(key []byte) bool {
	return g.opts.DollarRoutes && bytes.HasPrefix(key, []byte{'$'})
}

// waits reports whether a message may keep its handler waiting.
func (r *route) waits(text []byte) bool { return r.Waits != nil && r.Waits(text) }

// handleAlone handles a message on a goroutine while nothing else of the
// connection is read.
func (c *conn) handleAlone(r *route, e *apigw.Event, text []byte) {
	e.Body = bytes.Clone(text)
	c.sock.Pause()
	c.cork()
	c.g.running.Go(func() {
		c.uncork(c.handle(r, e))
		release(e)
		c.sock.Resume()
	})
}

// handleBeside handles a message on a goroutine beside the others. When too
// many run, the connection is not read until one has ended.
func (c *conn) handleBeside(r *route, e *apigw.Event, text []byte) {
	e.Body = bytes.Clone(text)
	limit := int32(c.g.opts.InFlight)
	if c.inFlight.Add(1) >= limit {
		c.sock.Pause()
		if c.inFlight.Load() < limit { // one has ended before it could see the pause
			c.sock.Resume()
		}
	}
	c.g.running.Go(func() {
		if answer := c.handle(r, e); answer != nil {
			c.reply(answer)
		}
		release(e)
		if c.inFlight.Add(-1) == limit-1 {
			c.sock.Resume()
		}
	})
}

// handle invokes a message's handler and returns what the client gets, or nil.
func (c *conn) handle(r *route, e *apigw.Event) []byte {
	response, fault := c.g.invoke(c, r, e)
	switch {
	case fault != noFault:
		return errorFrame(fault.text(), c.id, e.RequestID)
	case r.twoWay() && len(response.Body) > 0:
		return response.Body
	}
	return nil
}

// cork holds back what is posted to the connection, until its message has been
// answered.
func (c *conn) cork() {
	c.mu.Lock()
	c.busy = true
	c.mu.Unlock()
	c.sock.Cork()
}

// uncork sends the answer, then what was posted meanwhile, then the close, if
// there was one.
func (c *conn) uncork(answer []byte) {
	var first socket.Frame
	if answer != nil {
		first = socket.NewReply(answer, false)
	}
	_ = c.sock.Uncork(first) // a client that is gone needs no answer
	c.mu.Lock()
	c.busy = false
	ending, ended := c.ending, c.ended
	c.mu.Unlock()
	if ending != nil {
		c.sock.Close(ending.Code, ending.Reason)
	}
	if ended != nil {
		c.disconnect(*ended)
	}
}
