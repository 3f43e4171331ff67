package socket

import "sync"

// helpers flush beside the one whose round is over: when it has gathered for many, the
// last of them gets its frame sooner if two processors send.
type helpers struct {
	calls chan struct{}
	quit  chan struct{}
	done  sync.WaitGroup
}

// helpWorth is how many connections there must be to flush for each helper: with fewer, all
// is sent before one has woken up.
const helpWorth = 256

// start starts n helpers; none if n is negative. It must come before any loop runs.
func (h *helpers) start(f *flusher, n int) {
	n = max(n, 0)
	h.calls, h.quit = make(chan struct{}, n), make(chan struct{})
	for range n {
		h.done.Go(func() {
			for {
				select {
				case <-h.calls:
					f.help()
				case <-h.quit:
					return
				}
			}
		})
	}
}

// call wakes as many as it takes to flush so many connections, without waiting.
func (h *helpers) call(connections int) {
	for range min(connections/helpWorth, cap(h.calls)) {
		select {
		case h.calls <- struct{}{}:
		default:
			return // they are all awake
		}
	}
}

// stop ends them, if any were started.
func (h *helpers) stop() {
	if h.quit != nil {
		close(h.quit)
		h.done.Wait()
	}
}
