package embedded

import (
	"sync/atomic"
	"time"
)

// allowance is how much one connection may still send: a token bucket in one
// word, as the generic cell rate algorithm keeps it (ITU-T I.371). It holds
// the time, in nanoseconds since 1970, at which the bucket will be full.
type allowance struct{ full atomic.Int64 }

// take takes one message out of a bucket of perSecond that fills within a
// second, or returns how long to wait for it.
func (a *allowance) take(perSecond int, now time.Time) time.Duration {
	t, one := now.UnixNano(), int64(time.Second)/int64(perSecond)
	for {
		was := a.full.Load()
		// A clock that was set back must not empty the bucket for longer than
		// it takes to fill.
		full := min(max(was, t), t+int64(time.Second)) + one
		if wait := full - t - int64(time.Second); wait > 0 {
			return time.Duration(wait)
		}
		if a.full.CompareAndSwap(was, full) {
			return 0
		}
	}
}
