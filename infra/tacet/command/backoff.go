package command

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before connecting again: twice as long each
// time, up to a bound, and a random part of it, so that thousands of clients
// of a server that was restarted do not come at once.
type backoff struct{ tries int }

const (
	firstPause = 250 * time.Millisecond
	mostPause  = 30 * time.Second
)

// next returns the next pause.
func (b *backoff) next() time.Duration {
	pause := min(firstPause<<min(b.tries, 20), mostPause)
	b.tries++
	return pause/2 + rand.N(pause/2)
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
