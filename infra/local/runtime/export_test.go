package runtime

import goruntime "runtime"

// Doors for the tests.
var (
	RetryAfter = retryAfter
	Foreign    = foreign
)

const MaxLine = maxLine

// AwaitWaiting waits until n events wait in line.
func AwaitWaiting(h *Host, n int) {
	waiting := func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.waiting
	}
	for waiting() < n {
		goruntime.Gosched()
	}
}
