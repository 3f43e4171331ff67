package pubsub

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// atOnce is how many connections are seen to at a time, where each takes several
// calls of ports.
const atOnce = 32

// crew is goroutines whose starter waits for them. If one panics, Wait does, with
// the same: by itself it would end the process, and print what it was about,
// which may be a frame. The zero value is ready.
type crew struct {
	members sync.WaitGroup

	mu       sync.Mutex
	panicked any
}

// Go calls f in a goroutine.
func (c *crew) Go(f func()) {
	c.members.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				c.mu.Lock()
				c.panicked = v
				c.mu.Unlock()
			}
		}()
		f()
	})
}

// Wait returns, or panics, when all have ended.
func (c *crew) Wait() {
	c.members.Wait()
	if c.panicked != nil {
		panic(c.panicked)
	}
}

// abreast calls f for each of them, for some at a time and in no order.
func abreast[T any](all []T, f func(T)) {
	switch len(all) {
	case 0:
		return
	case 1:
		f(all[0])
		return
	}
	var next atomic.Int64
	var workers crew
	for range min(atOnce, len(all)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return
				}
				f(all[i])
			}
		})
	}
	workers.Wait()
}

// closing is how much of a context's time is left for what comes at the end: to
// record what happened, and to say how it went.
const closing = time.Second

var errTime = errors.New("there was no time for the rest")

// hasTime reports whether there is time to begin something else.
func (s *Service) hasTime(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	end, ends := ctx.Deadline()
	left := end.Sub(s.Now())
	return !ends || left > closing || left < 0 // by another clock than the context's
}
