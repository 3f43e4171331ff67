package socket

import "time"

// Close starts the closing handshake: what waits goes out, then the close frame. To a receiver
// that is behind (see Server.SendAll) what waits is dropped, except for the
// rest of a frame that has partly gone. The connection ends when the client has
// answered, and after Options.CloseGrace at the latest; then Handler.Closed is
// called with this code and reason. No message is delivered meanwhile. A second Close,
// or one after the client's, does nothing.
//
// The code must be one that may be sent (RFC 6455 §7.4); others become 1000. The reason
// may have 123 bytes and is cut there.
func (c *Conn) Close(code int, reason string) {
	if !sendable(code) {
		code = StatusNormal
	}
	c.end(code, reason, 0)
}

// goAway closes for the engine's own reasons, in the words of API Gateway.
func (c *Conn) goAway() { c.Close(StatusGoingAway, "Going away") }

// end queues a close frame as the last thing; after says what follows it.
func (c *Conn) end(code int, reason string, after marks) {
	c.mu.Lock()
	if c.phase != phaseOpen {
		c.mu.Unlock()
		return
	}
	c.phase = phaseClosing
	c.ending = &ending{code, reason}
	c.hold.Or(holdClosing)
	c.marks |= after
	behind := c.waiting() > c.srv.behind()
	c.cork = nil
	var t taken
	switch {
	case !behind:
		t = c.push(appendClose(nil, code, reason))
	case c.marks&markWriting != 0:
		c.marks |= markDrop // what is being written cannot be dropped
	default:
		t = c.dropForClose()
	}
	c.mu.Unlock()
	time.AfterFunc(c.srv.opts.CloseGrace, c.kill)
	if t&takenFlush != 0 {
		c.srv.flush.one(c)
	}
	c.link.poke(c) // it may be on hold
}

// dropForClose puts the close frame in place of what waits. The caller holds c.mu.
func (c *Conn) dropForClose() taken {
	c.out.dropFrames()
	return c.push(appendClose(nil, c.ending.code, c.ending.reason))
}

// peerClosed answers the client's close frame and ends the connection once the answer
// is out; if ours came first, at once. Only the reader calls it.
func (c *Conn) peerClosed(code int, reason string) {
	c.hold.Or(holdGarbage)
	c.mu.Lock()
	ours := c.phase != phaseOpen
	c.mu.Unlock()
	if ours {
		c.kill()
		return
	}
	c.end(code, reason, markHangUp)
}

// refuse closes for a violation. What follows is read and thrown away: a socket that is
// closed with unread bytes is reset, and the close frame lost with it.
func (c *Conn) refuse(bad *violation) {
	c.hold.Or(holdGarbage)
	c.end(bad.code, bad.reason, markHalf)
}

// kill ends the connection without further ado.
func (c *Conn) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.die()
}

// die is kill with c.mu held.
func (c *Conn) die() {
	if c.phase != phaseDead {
		c.phase = phaseDead
		c.out, c.cork = queue{}, nil
		c.hold.Or(holdGarbage) // a paused reader must see the end too
		c.link.cut(c)
	}
}

// finish makes the last handler call. The reader calls it once, with the socket closed.
func (c *Conn) finish() {
	c.mu.Lock()
	c.phase = phaseDead
	c.out, c.cork = queue{}, nil
	if c.ending == nil {
		c.ending = &ending{code: StatusLost}
	}
	e := *c.ending
	c.mu.Unlock()
	c.in = nil
	c.handler.Closed(c, e.code, e.reason)
	c.srv.remove(c)
}
