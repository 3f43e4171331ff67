package pubsubtest

import (
	"sync"
	"time"
)

// Clock is a clock that goes when it is told to. Safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at noon (UTC) of some day.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)} }

// Now returns the time on the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
