package invoke

import (
	"context"
	"math/rand/v2"
	"time"
)

// attempts is how often an invocation is tried. The waits between them add up
// to three seconds at most.
const attempts = 8

// repeat makes an invocation until it succeeds, or fails for good.
func (c *Client) repeat(ctx context.Context, i invocation, again func(error) bool) ([]byte, error) {
	for attempt := 0; ; attempt++ {
		answer, err := c.once(ctx, i)
		if err == nil || attempt+1 == attempts || !again(err) || ctx.Err() != nil || !pause(ctx, attempt) {
			return answer, err
		}
	}
}

// backoff returns how long to wait after so many failures: up to twice as long
// each time, and anything below that, so that those who collided do not collide
// again.
func backoff(attempt int) time.Duration {
	most := min(20*time.Millisecond<<attempt, time.Second)
	return rand.N(most) + time.Millisecond
}

// pause waits for a backoff, and reports whether the context has time for it.
func pause(ctx context.Context, attempt int) bool {
	wait := backoff(attempt)
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
