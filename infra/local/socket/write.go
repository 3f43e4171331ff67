package socket

import "errors"

// errAgain says that the kernel takes no more for now, and will tell.
var errAgain = errors.New("socket: would block")

// claim returns what to write next, in buf, at most cap(buf) pieces; none if there is nothing
// to do or another is at it. Who gets some must write and then call wrote.
func (c *Conn) claim(buf [][]byte) [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.marks &^= markDirty
	if c.marks&(markWriting|markFull) != 0 || c.phase == phaseDead || c.out.size == 0 {
		return nil
	}
	c.marks |= markWriting
	return c.out.next(buf[:0])
}

// wrote takes note of n bytes written and reports whether there is more to write. Senders
// that came in between have left it to the writer.
func (c *Conn) wrote(n int, err error) (more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.marks &^= markWriting
	if c.phase == phaseDead {
		c.link.poke(c) // the reader could not close the socket under the writer
		return false
	}
	c.out.advance(n)
	if c.marks&markDrop != 0 {
		c.marks &^= markDrop
		c.marks |= markDirty // the caller goes on
		c.dropForClose()
		c.marks &^= markDirty
	}
	switch {
	case err == nil:
	case !errors.Is(err, errAgain):
		c.die()
		return false
	case c.marks&markAgain != 0:
		c.marks &^= markAgain
	default:
		c.marks |= markFull
	}
	c.drained()
	return c.out.size > 0 && c.marks&markFull == 0
}

// writable notes that the kernel takes bytes again, and reports whether the caller
// must flush.
func (c *Conn) writable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.marks&markWriting != 0 {
		c.marks |= markAgain
		return false
	}
	c.marks &^= markFull
	c.drained()
	if c.out.size == 0 || c.marks&markDirty != 0 || c.phase == phaseDead {
		return false
	}
	c.marks |= markDirty
	return true
}

// drained does what waited for the queue to get short, or empty. The caller holds c.mu.
func (c *Conn) drained() {
	if c.phase == phaseDead {
		return
	}
	c.asked = min(c.asked, int32(c.waiting()))
	if c.waiting() <= c.srv.behind()/2 {
		c.marks &^= markLagging
		c.asked = 0
		if c.hold.Load()&holdSelf != 0 {
			c.release(holdSelf)
		}
	}
	if c.out.size > 0 || c.secure.pending() {
		return
	}
	switch {
	case c.marks&markHangUp != 0:
		c.die()
	case c.marks&markHalf != 0:
		c.marks &^= markHalf
		c.link.half(c)
	}
}
