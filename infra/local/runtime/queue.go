package runtime

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"
)

// Lambda tries an asynchronous event again twice after a failure, and for six
// hours after throttling:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
const (
	maxRetries = 2
	maxAge     = 6 * time.Hour
)

func retryAfter(n int, throttled bool) time.Duration {
	if throttled {
		return min(time.Second<<min(n-1, 10), 5*time.Minute)
	}
	return time.Duration(n) * time.Minute
}

// Start has an event handled some time. The error is a *Refusal when it was
// not accepted.
func (f *Function) Start(_ context.Context, event []byte) error {
	return f.enqueue(newInvocation(bytes.Clone(event)))
}

// enqueue accepts an asynchronous event.
func (f *Function) enqueue(inv *invocation) error {
	h := f.host
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return ErrClosed
	case h.queued >= h.opts.Backlog:
		return throttled(reasonConcurrency)
	}
	h.queued++
	h.alive.Go(func() {
		f.handleLater(inv)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.queued--
	})
	return nil
}

// handleLater handles an asynchronous event until it succeeds, or until it has
// failed too often. It keeps its id.
func (f *Function) handleLater(inv *invocation) {
	h := f.host
	deadline := time.Now().Add(maxAge)
	for failures, refusals := 0, 0; ; {
		err := f.invoke(h.ctx, inv.again()).err
		var wait time.Duration
		if refusal, ok := errors.AsType[*Refusal](err); ok && refusal.Status == http.StatusTooManyRequests {
			refusals++
			// A wait of nothing would keep a processor busy for six hours.
			wait = max(h.opts.RetryAfter(refusals, true), time.Millisecond)
		} else if _, ok := errors.AsType[*FunctionError](err); ok && failures < maxRetries {
			failures++
			wait = h.opts.RetryAfter(failures, false)
		} else {
			if err == nil && h.opts.Hostile.happens(h.opts.Hostile.Twice) {
				f.invoke(h.ctx, inv.again())
			}
			return
		}
		if time.Now().Add(wait).After(deadline) || !h.sleep(wait) {
			return
		}
	}
}

// sleep reports whether it could wait.
func (h *Host) sleep(d time.Duration) bool {
	if d <= 0 {
		return h.ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-h.ctx.Done():
		return false
	}
}
