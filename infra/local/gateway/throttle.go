package gateway

import (
	"sync"
	"time"
)

// Throttle limits a rate. The zero value limits nothing.
type Throttle struct {
	Rate  float64 // per second; 0: no limit
	Burst int     // how many at once; 0: as many as the rate gives in a second
}

// bucket is a token bucket. A nil one always gives.
type bucket struct {
	mu     sync.Mutex
	rate   float64
	size   float64
	tokens float64
	last   time.Time
	now    func() time.Time
}

func newBucket(t Throttle, now func() time.Time) *bucket {
	if t.Rate <= 0 {
		return nil
	}
	size := float64(t.Burst)
	if size <= 0 {
		size = max(t.Rate, 1)
	}
	return &bucket{rate: t.Rate, size: size, tokens: size, last: now(), now: now}
}

// newRouteBucket returns the bucket of a route, of which a rate of 0 gives
// nothing: stages whose settings say 0 answer 429 to everything.
func newRouteBucket(t *Throttle, now func() time.Time) *bucket {
	if t == nil {
		return nil
	}
	if t.Rate <= 0 {
		return &bucket{now: now}
	}
	return newBucket(*t, now)
}

// take takes up to n tokens and returns how many.
func (b *bucket) take(n int) int {
	if b == nil {
		return n
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if d := now.Sub(b.last); d > 0 {
		b.tokens = min(b.size, b.tokens+d.Seconds()*b.rate)
		b.last = now
	}
	got := min(n, int(b.tokens))
	b.tokens -= float64(got)
	return got
}
