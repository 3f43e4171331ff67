package runtime

import goruntime "runtime"

// Doors for the tests.
var (
	RetryAfter = retryAfter
	Foreign    = foreign
)

const MaxLine = maxLine

// AwaitWaiting waits until n events wait in line.
func AwaitWaiting(h *Host, n int) { h.await(func() bool { return h.waiting == n }) }

// AwaitQueued waits until n asynchronous events are left.
func AwaitQueued(h *Host, n int) { h.await(func() bool { return h.queued == n }) }

func (h *Host) await(ready func() bool) {
	for {
		h.mu.Lock()
		done := ready()
		h.mu.Unlock()
		if done {
			return
		}
		goruntime.Gosched()
	}
}
