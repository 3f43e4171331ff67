package dynamo

import (
	"context"
	"sync"
	"time"

	"tacet/core/wire"
)

// Rates implements pubsub.Rates in memory, at no cost: a message must not need
// a write to be counted. So each process counts what it sees, and a connection
// whose messages are spread over several functions' processes can send that
// many times its rate. API Gateway's own throttling bounds the sum. The zero
// value is ready for use. Safe for concurrent use.
type Rates struct {
	mu sync.Mutex
	// full is when each connection's buckets will be full again: the generic
	// cell rate algorithm (ITU-T I.371). One that is full need not be known.
	full map[counted]time.Time
	// sweep is how many may be known before the full ones are forgotten.
	sweep int
}

// counted is a connection's messages, or what is told of its refusals.
type counted struct {
	id   wire.ConnID
	told bool
}

// Take implements pubsub.Rates.
func (r *Rates) Take(_ context.Context, id wire.ConnID, perSecond int, now time.Time) (time.Duration, error) {
	return r.take(counted{id: id}, perSecond, now), nil
}

// Tell implements pubsub.Rates.
func (r *Rates) Tell(id wire.ConnID, perSecond int, now time.Time) bool {
	return r.take(counted{id, true}, perSecond, now) == 0
}

func (r *Rates) take(id counted, perSecond int, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	full := r.full[id]
	if full.Before(now) {
		full = now
	}
	if most := now.Add(time.Second); full.After(most) {
		full = most // the clock was set back
	}
	full = full.Add(time.Second / time.Duration(perSecond))
	if wait := full.Sub(now) - time.Second; wait > 0 {
		return wait
	}
	if len(r.full) >= r.sweep {
		r.forget(now)
	}
	r.full[id] = full
	return 0
}

// forget makes room: it keeps buckets that are not full.
func (r *Rates) forget(now time.Time) {
	kept := make(map[counted]time.Time)
	for id, full := range r.full {
		if full.After(now) {
			kept[id] = full
		}
	}
	r.full, r.sweep = kept, max(1000, 2*len(kept))
}
