package socket

import (
	"slices"
	"sync"
	"time"
)

// jams holds publishers back whose receivers are mostly behind.
type jams struct {
	patience time.Duration // how long a jam may hold its publisher back

	mu   sync.Mutex
	list []*jam
	done sync.WaitGroup // the watcher, which runs only while there are jams
}

// jam is what one publisher waits for.
type jam struct {
	from   *Conn
	behind []*Conn
	enough int // the publisher goes on when no more than this many are behind
	until  time.Time
}

const jamTick = time.Millisecond

// hold stops reading from until enough of to have caught up.
func (k *jams) hold(from *Conn, to []*Conn) {
	if from.hold.Or(holdJam)&holdJam != 0 {
		return
	}
	w := &jam{from: from, until: time.Now().Add(k.patience)}
	for _, c := range to {
		if c != from && c.isBehind() {
			w.behind = append(w.behind, c)
		}
	}
	w.enough = len(w.behind) / 2
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.list = append(k.list, w); len(k.list) == 1 {
		k.done.Go(k.watch)
	}
}

func (k *jams) watch() {
	tick := time.NewTicker(jamTick)
	defer tick.Stop()
	for now := range tick.C {
		k.mu.Lock()
		k.list = slices.DeleteFunc(k.list, func(w *jam) bool { return w.over(now) })
		left := len(k.list)
		k.mu.Unlock()
		if left == 0 {
			return
		}
	}
}

// stop waits for the watcher; there are no connections any more.
func (k *jams) stop() { k.done.Wait() }

// over lets the publisher go on if it may, and reports whether it did.
func (w *jam) over(now time.Time) bool {
	w.behind = slices.DeleteFunc(w.behind, func(c *Conn) bool { return !c.isBehind() })
	if len(w.behind) > w.enough && now.Before(w.until) && w.from.held() {
		return false
	}
	if !now.Before(w.until) {
		for _, c := range w.behind {
			c.mu.Lock()
			c.marks |= markLagging
			c.mu.Unlock()
		}
	}
	w.from.release(holdJam)
	return true
}

// isBehind reports whether the connection is behind and not lagging. A receiver that was
// behind has caught up when half of that is gone.
func (c *Conn) isBehind() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase == phaseOpen && c.marks&markLagging == 0 && c.published() > c.srv.behind()/2
}
