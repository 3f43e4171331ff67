package socket

import (
	"sync"
	"sync/atomic"
	"time"
)

// Conn is one WebSocket connection. Its methods may be called from any goroutine,
// inside handler calls too, and never block.
type Conn struct {
	srv     *Server
	handler Handler
	link    link
	in      *inbox // of the reader only; nil while nothing is incomplete
	opened  int64  // by Server.now
	active  atomic.Int64
	hold    atomic.Uint32 // why the reader should not read; see the hold bits
	slot    int32         // where Server.conns has it; guarded by Server.mu
	fd      int32         // of the event loop
	poked   bool          // whether it is among the loop's tasks; guarded by loop.mu
	known   bool          // whether the loop has registered it; of the loop only
	ready   bool          // whether it is among the loop's ready; of the loop only

	phase  phase
	marks  marks
	asked  int32      // bytes of answers that wait, at most
	mu     sync.Mutex // guards what follows, and what is since phase
	out    queue
	cork   *cork   // nil until the first Cork
	ending *ending // why it ends; nil while it is open
	secure *secure // the TLS state of an event connection, or nil
}

// cork is what waits for Uncork.
type cork struct {
	depth int
	queue
}

// link moves a connection's bytes. One value may serve many connections.
type link interface {
	// start begins to read.
	start(c *Conn)
	// poke makes the reader look at hold and phase again. It may be called with
	// c.mu held.
	poke(c *Conn)
	// cut makes the reader finish c, whose phase is dead. It is called with c.mu held.
	cut(c *Conn)
	// flush writes what waits, without blocking, and never calls the handler.
	flush(c *Conn)
	// half ends the outgoing direction. It is called with c.mu held.
	half(c *Conn)
}

type phase uint8

const (
	phaseOpen    phase = iota
	phaseClosing       // our close frame is queued or gone
	phaseDead          // nothing more is written; the reader will call Closed
)

// marks are facts about the out queue.
type marks uint8

const (
	markDirty   marks = 1 << iota // is on a list of connections to flush
	markWriting                   // somebody is writing, and will look again after
	markFull                      // the kernel takes no more; it will tell
	markAgain                     // the kernel told while somebody was writing
	markLagging                   // did not catch up in time; holds up no publisher
	markHangUp                    // once all is written, end
	markHalf                      // once all is written, end the outgoing direction
	markDrop                      // after the write under way, drop the rest and close
)

// The hold bits.
const (
	holdOwner   = 1 << iota // Pause
	holdJam                 // most of those it publishes to are behind
	holdSelf                // it does not read what is sent to it
	holdClosing             // reads on, for the close frame only; outranks those above
	holdGarbage             // reads on, without understanding; outranks all
)

// ending is why a connection ends.
type ending struct {
	code   int
	reason string
}

// Handler returns the value that Server.Upgrade was given.
func (c *Conn) Handler() Handler { return c.handler }

// LastActive returns when a message last went either way.
func (c *Conn) LastActive() time.Time { return c.srv.epoch.Add(time.Duration(c.active.Load())) }

// Opened returns when the connection was upgraded.
func (c *Conn) Opened() time.Time { return c.srv.epoch.Add(time.Duration(c.opened)) }

// Queued returns how many bytes wait to be written.
func (c *Conn) Queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting()
}

func (c *Conn) waiting() int {
	if c.cork != nil {
		return c.out.size + c.cork.size
	}
	return c.out.size
}

// published returns how much of what waits was sent to many; at least, since answers may
// have left already. Who does not read its answers must not seem to be behind with
// what others publish, and so hold them up. The caller holds c.mu.
func (c *Conn) published() int { return c.waiting() - int(c.asked) }

// Send queues a frame. It returns ErrClosed or ErrSlow if the frame was not taken. What
// is sent during a handler call leaves when the loop's round is over; what is
// sent from elsewhere, at once.
func (c *Conn) Send(f Frame) error {
	t := c.enqueue(f.bytes, c.srv.now(), int32(len(f.bytes)))
	if t&takenFlush != 0 {
		c.srv.flush.one(c)
	}
	return t.err()
}

// taken says what became of a frame.
type taken uint8

const (
	takenFlush  taken = 1 << iota // the caller must flush the connection
	takenBehind                   // the receiver is behind
	takenLags                     // … but does not count: for too long, or with its own answers
	notClosed                     // refused: ErrClosed
	notSlow                       // refused: ErrSlow
)

func (t taken) err() error {
	switch {
	case t&notClosed != 0:
		return ErrClosed
	case t&notSlow != 0:
		return ErrSlow
	}
	return nil
}

// enqueue queues a frame, asked bytes of which are for this connection alone.
func (c *Conn) enqueue(b span, now int64, asked int32) (t taken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != phaseOpen {
		return notClosed
	}
	if len(b) == 0 {
		return 0
	}
	waits := c.waiting()
	if waits > c.srv.behind() {
		t = takenBehind
		if c.marks&markLagging != 0 || c.published() <= c.srv.behind() {
			t = takenLags
		}
		c.hold.Or(holdSelf)
		if waits+len(b) > c.srv.opts.Backlog {
			return t | notSlow
		}
	}
	c.touch(now)
	c.asked += asked
	if c.cork != nil && c.cork.depth > 0 {
		c.cork.push(b)
		return t
	}
	return t | c.push(b)
}

// push appends to the queue. The caller holds c.mu.
func (c *Conn) push(b span) taken {
	c.out.push(b)
	if c.marks&(markDirty|markWriting|markFull) != 0 {
		return 0 // somebody else will
	}
	c.marks |= markDirty
	return takenFlush
}

// touch notes that a message went by.
func (c *Conn) touch(now int64) {
	// A load is cheap, a store is not, and a round shares one time.
	if c.active.Load() != now {
		c.active.Store(now)
	}
}

// Cork makes frames that are sent to this connection from now on wait for Uncork.
// Corks nest. What waits counts towards the backlog.
func (c *Conn) Cork() {
	c.mu.Lock()
	if c.cork == nil {
		c.cork = new(cork)
	}
	c.cork.depth++
	c.mu.Unlock()
}

// Uncork undoes one Cork and sends first, if it is not the zero Frame, ahead of all
// that waits behind corks; first is taken whatever the backlog. With the last
// cork, what waits goes out too. So the answer to a message precedes whatever the
// message caused.
//
// It returns ErrClosed if the connection takes no frames any more. Without a Cork
// it only sends.
func (c *Conn) Uncork(first Frame) error {
	now := c.srv.now()
	c.mu.Lock()
	if c.phase != phaseOpen {
		c.mu.Unlock()
		return ErrClosed
	}
	var t taken
	if len(first.bytes) > 0 {
		c.touch(now)
		c.asked += int32(len(first.bytes))
		t = c.push(first.bytes)
	}
	if k := c.cork; k != nil && k.depth > 0 {
		if k.depth--; k.depth == 0 && k.size > 0 {
			t |= c.push(k.first)
			for _, s := range k.rest {
				c.push(s)
			}
			k.queue = queue{}
		}
	}
	if c.waiting() > c.srv.behind() {
		c.hold.Or(holdSelf) // answers that are not read count, too
	}
	c.mu.Unlock()
	if t&takenFlush != 0 {
		c.srv.flush.one(c)
	}
	return nil
}

// Pause stops reading: called from Message, no other message follows; from elsewhere,
// one that is under way may still come. Meanwhile pings are not answered, and that the
// client has closed or is gone may not be noticed.
func (c *Conn) Pause() { c.hold.Or(holdOwner) }

// Resume undoes Pause, once for any number of calls.
func (c *Conn) Resume() { c.release(holdOwner) }

func (c *Conn) release(bit uint32) {
	if c.hold.And(^bit)&bit != 0 {
		c.link.poke(c)
	}
}
