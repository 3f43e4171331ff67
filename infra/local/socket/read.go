package socket

// consume decodes what a client sent and hands it to the handler, until the bytes end, the
// connection is on hold, or its turn is over. It returns what is left over, a part of
// b, and why. Only the reader calls it.
func (c *Conn) consume(b []byte, now int64, t *turn) (rest []byte, why stop) {
	for len(b) > 0 {
		switch hold := c.hold.Load(); {
		case hold&holdGarbage != 0:
			return nil, stopEnd
		case hold&holdClosing == 0 && hold != 0:
			return b, stopHold
		case t.over():
			return b, stopTurn
		}
		f, n, bad := decode(b, c.room())
		if bad == nil && n == 0 {
			return b, stopEnd
		}
		if bad == nil {
			bad = c.dispatch(f, now)
		}
		if bad != nil {
			c.refuse(bad)
			return nil, stopEnd
		}
		b = b[n:]
	}
	return nil, stopEnd
}

// stop is why consume returned.
type stop uint8

const (
	stopEnd  stop = iota // what is left over, if anything, is incomplete
	stopHold             // a poke will tell when to go on
	stopTurn             // go on after the others
)

// held reports whether the reader must wait for a poke.
func (c *Conn) held() bool {
	hold := c.hold.Load()
	return hold != 0 && hold < holdClosing
}

// room returns how much payload the next data frame may carry.
func (c *Conn) room() int {
	room := c.srv.opts.MaxMessage
	if c.in != nil {
		room -= len(c.in.message)
	}
	return min(room, c.srv.opts.MaxFrame)
}

func (c *Conn) dispatch(f inbound, now int64) *violation {
	switch f.op {
	case opPing:
		c.pong(f.payload)
		return nil
	case opPong:
		return nil
	case opClose:
		code, reason, bad := parseClose(f.payload)
		if bad == nil {
			c.peerClosed(code, reason)
		}
		return bad
	}
	if c.in == nil && !f.fin {
		c.in = new(inbox)
	}
	text, whole, bad := c.in.join(f)
	if bad != nil || !whole {
		return bad
	}
	c.touch(now)
	if c.hold.Load()&holdClosing == 0 {
		c.handler.Message(c, text)
	}
	return nil
}

// pong answers a ping; not when the backlog is full, since a later ping will do
// (RFC 6455 §5.5.3).
func (c *Conn) pong(payload []byte) {
	var t taken
	c.mu.Lock()
	if c.phase == phaseOpen && c.out.size <= c.srv.opts.Backlog {
		f := appendFrame(nil, opPong, payload)
		c.asked += int32(len(f))
		t = c.push(f)
	}
	c.mu.Unlock()
	if t&takenFlush != 0 {
		c.srv.flush.one(c)
	}
}

// keep saves what consume left over, or frees what was kept.
func (c *Conn) keep(rest []byte) {
	switch {
	case len(rest) > 0:
		if c.in == nil {
			c.in = new(inbox)
		}
		c.in.rest = append(c.in.rest[:0], rest...)
	case c.in == nil:
	case c.in.fragment:
		c.in.rest = nil
	default:
		c.in = nil
	}
}

// rest returns what keep has saved.
func (c *Conn) rest() []byte {
	if c.in == nil {
		return nil
	}
	return c.in.rest
}
