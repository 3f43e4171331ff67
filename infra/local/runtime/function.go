package runtime

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"
)

// Function is a function of a host.
type Function struct {
	host    *Host
	spec    Spec
	arn     string
	command command
	env     []string

	// Guarded by Host.mu.
	idle     []*instance // the one used last is the last
	live     int         // instances that can be used
	starting int         // instances
	busy     int         // events being handled
	waiting  []*invocation
}

// Name returns the function's name.
func (f *Function) Name() string { return f.spec.Name }

// ErrClosed is what events get that the host can no longer handle.
var ErrClosed = errors.New("runtime: the host is closed")

// Invoke has an event handled and waits for the answer. The error is a
// *FunctionError when the function failed, whose text is the function's own,
// and a *Refusal when it was not invoked. When ctx ends, nobody waits any more,
// but the function goes on, as on Lambda.
func (f *Function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	// The event is lent, and may be on its way when ctx ends.
	out := f.invoke(ctx, newInvocation(bytes.Clone(event)))
	return out.payload, out.err
}

// invoke has an event handled, and writes the line about it.
func (f *Function) invoke(ctx context.Context, inv *invocation) outcome {
	start := time.Now()
	out := f.handle(ctx, inv)
	if log := f.host.opts.Log; log.Enabled(ctx, slog.LevelInfo) {
		level := slog.LevelInfo
		if out.err != nil {
			level = slog.LevelWarn
		}
		log.LogAttrs(ctx, level, "function", slog.String("function", f.spec.Name), slog.String("request", inv.id), slog.String("status", out.status()),
			slog.Float64("ms", float64(time.Since(start).Microseconds())/1000), slog.Bool("cold", out.cold))
	}
	return out
}

// handle finds an instance for an event, and waits.
func (f *Function) handle(ctx context.Context, inv *invocation) outcome {
	if err := f.enter(inv); err != nil {
		return refused(err)
	}
	h := f.host
	patience := time.NewTicker(h.opts.Patience)
	defer patience.Stop()
	for {
		select {
		case out := <-inv.done:
			return out
		case <-ctx.Done():
			f.withdraw(inv)
			return refused(ctx.Err())
		case <-h.ctx.Done():
			if f.withdraw(inv) {
				return refused(ErrClosed)
			}
			return <-inv.done // its instance is being ended
		case <-patience.C:
			if f.hopeless() && f.withdraw(inv) {
				return refused(throttled(reasonConcurrency))
			}
		}
	}
}

// enter gives an event to an idle instance, or puts it in line.
func (f *Function) enter(inv *invocation) error {
	h := f.host
	if h.opts.Hostile.happens(h.opts.Hostile.Throttle) {
		return throttled(reasonConcurrency)
	}
	inv.fate = h.opts.Hostile.fate()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch limit := f.spec.Concurrency; {
	case h.closed:
		return ErrClosed
	case limit != 0 && f.busy+len(f.waiting) >= limit:
		return throttled(reasonReserved)
	}
	if last := len(f.idle) - 1; last >= 0 {
		i := f.idle[last]
		f.idle = f.idle[:last]
		i.begin(inv)
		return nil
	}
	f.waiting = append(f.waiting, inv)
	h.waiting++
	h.scale()
	return nil
}

// hopeless reports whether there is no room for another instance.
func (f *Function) hopeless() bool {
	f.host.mu.Lock()
	defer f.host.mu.Unlock()
	return f.host.full() && f.starting == 0
}

// withdraw takes an event out of the line, and reports whether it was in it.
func (f *Function) withdraw(inv *invocation) bool {
	h := f.host
	h.mu.Lock()
	defer h.mu.Unlock()
	at := slices.Index(f.waiting, inv)
	if at < 0 {
		return false
	}
	f.waiting = slices.Delete(f.waiting, at, at+1)
	h.waiting--
	return true
}

// next takes the event out of the line that waits for the longest time. h.mu
// is held.
func (f *Function) next() *invocation {
	if len(f.waiting) == 0 {
		return nil
	}
	inv := f.waiting[0]
	f.waiting = slices.Delete(f.waiting, 0, 1)
	f.host.waiting--
	return inv
}

// disappoint fails the event that an instance was started for. While no other
// is up, all that wait fail with it: each could only try for itself, with the
// same result, one after the other. h.mu is held.
func (f *Function) disappoint(failure *initFailure) {
	for inv := f.next(); inv != nil; inv = f.next() {
		inv.done <- outcome{err: failure.about(inv.id), cold: true}
		if f.live > 0 {
			return
		}
	}
}

// offer gives an instance that has nothing to do the next event, or lets it
// rest. h.mu is held.
func (f *Function) offer(i *instance) {
	if inv := f.next(); inv != nil {
		i.begin(inv)
		return
	}
	i.rest()
	f.host.scale() // another function may need the room
}

// Warm starts instances until n are idle, and waits for them. It is what
// Lambda calls provisioned concurrency, but nothing keeps them.
func (f *Function) Warm(ctx context.Context, n int) error {
	h := f.host
	h.mu.Lock()
	n -= len(f.idle)
	started := make(chan error, max(n, 0))
	for range n {
		if h.closed || h.full() {
			started <- throttled(reasonConcurrency)
			continue
		}
		h.start(f, started)
	}
	h.mu.Unlock()
	var err error
	for range n {
		select {
		case failure := <-started:
			err = errors.Join(err, failure)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}
