package runtime

import (
	"net"
	"net/http"
	"slices"
	"time"
)

// state is what an instance does.
type state int

const (
	initialising state = iota // until it asks for an event
	idle                      // waits for an event
	busy                      // has one, until it asks for another
	retired                   // ends, or has ended
)

// instance is one process of a function, with a Runtime API of its own: the
// variable that tells the process where it is has room for host and port only,
// at least with the clients of Node and Python.
type instance struct {
	f       *Function
	api     *http.Server
	process *process
	ready   chan struct{}    // closed when it has asked for its first event
	initErr chan []byte      // what it said instead; has room for one
	events  chan *invocation // what it has not fetched yet; has room for one
	ended   chan struct{}    // closed when the process has ended

	// Guarded by Host.mu.
	state   state
	current *invocation
	used    bool
	timer   *time.Timer
	until   time.Time // when the event times out, or the rest is over
}

// start starts an instance in the background. Whether it works is told to
// told, or to an event that waits. h.mu is held.
func (h *Host) start(f *Function, told chan<- error) {
	h.starting++
	f.starting++
	h.alive.Go(func() {
		i, failure := f.launch(h.opts.InitTimeout)
		if failure != nil && failure.start == nil && h.ctx.Err() == nil {
			// Lambda tries once more, within the function's own timeout:
			// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
			i, failure = f.launch(f.spec.Timeout)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.starting--
		f.starting--
		if failure == nil && i.state == retired { // it ended at once
			failure = &initFailure{state: i.process.state}
		}
		switch {
		case failure != nil && told != nil:
			told <- failure
		case failure != nil:
			f.disappoint(failure)
		default:
			h.admit(i)
			if told != nil {
				i.used = true
				told <- nil
			}
		}
		h.scale()
	})
}

// admit makes an instance one of those that can be used. h.mu is held.
func (h *Host) admit(i *instance) {
	h.instances[i] = struct{}{}
	i.f.live++
	i.timer = time.AfterFunc(time.Hour, i.overdue)
	if h.closed {
		i.retire()
		return
	}
	i.f.offer(i)
}

// launch starts a process and waits until it asks for its first event.
func (f *Function) launch(within time.Duration) (*instance, *initFailure) {
	h := f.host
	i := &instance{
		f: f, ready: make(chan struct{}), initErr: make(chan []byte, 1),
		events: make(chan *invocation, 1), ended: make(chan struct{}),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, &initFailure{start: err}
	}
	i.api = &http.Server{Handler: NoPages(i.routes())}
	env := append(slices.Clip(f.env), "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String())
	if i.process, err = h.thread.start(f.command, f.spec.Dir, env, h.output.of(f.spec.Name)); err != nil {
		_ = listener.Close()
		return nil, &initFailure{start: err}
	}
	h.alive.Go(func() { _ = i.api.Serve(listener) })
	h.alive.Go(i.watch)
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	failure := &initFailure{}
	select {
	case <-i.ready:
		return i, nil
	case failure.said = <-i.initErr:
	case <-timeout.C:
		failure.after = within
	case <-h.ctx.Done():
	case <-i.ended:
		select {
		case failure.said = <-i.initErr:
		default:
		}
	}
	i.process.kill()
	<-i.ended
	failure.state = i.process.state
	return nil, failure
}

// watch waits for the end of the process, and ends all that it had.
func (i *instance) watch() {
	i.process.wait()
	_ = i.api.Close()
	close(i.ended)
	h := i.f.host
	h.mu.Lock()
	defer h.mu.Unlock()
	i.retire()
	if inv := i.current; inv != nil {
		i.finish(&outcome{err: exited(inv.id, i.process.state)})
	}
	h.scale()
}

// begin gives the instance an event. h.mu is held.
func (i *instance) begin(inv *invocation) {
	i.f.busy++
	inv.cold, i.used = !i.used, true
	i.state, i.current = busy, inv
	i.wait(i.f.spec.Timeout)
	if inv.fate == crashBefore {
		i.process.kill()
		return
	}
	i.events <- inv
}

// finish ends the event that the instance has: with what the function said, or
// otherwise if it said nothing. h.mu is held.
func (i *instance) finish(otherwise *outcome) {
	inv := i.current
	i.current = nil
	i.f.busy--
	out := otherwise
	if inv.answer != nil {
		out = inv.answer
	}
	switch inv.fate {
	case crashAfter:
		i.retire()
		i.process.kill()
		out = &outcome{err: exited(inv.id, "signal: killed")}
	case timeoutAfter:
		i.retire()
		i.process.kill()
		out = &outcome{err: timedOut(inv.id, i.f.spec.Timeout)}
	}
	out.cold = inv.cold
	inv.done <- *out
}

// rest lets the instance wait for an event. h.mu is held.
func (i *instance) rest() {
	i.state = idle
	i.f.idle = append(i.f.idle, i)
	i.wait(i.f.host.opts.Idle)
}

// retire takes the instance out of use and ends its process. h.mu is held.
func (i *instance) retire() {
	if i.state == retired {
		return
	}
	if at := slices.Index(i.f.idle, i); at >= 0 {
		i.f.idle = slices.Delete(i.f.idle, at, at+1)
	}
	i.state = retired
	if i.timer != nil { // it was admitted
		i.timer.Stop()
		delete(i.f.host.instances, i)
		i.f.live--
	}
	i.process.end(i.f.host.opts.Grace)
}

// wait sets the clock that overdue answers to. h.mu is held.
func (i *instance) wait(d time.Duration) {
	i.until = time.Now().Add(d)
	i.timer.Reset(d)
}

// overdue ends an instance that has rested for too long, or that did not
// handle its event in time.
func (i *instance) overdue() {
	h := i.f.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if i.state == retired || time.Now().Before(i.until) { // the clock was set anew meanwhile
		return
	}
	i.retire()
	if inv := i.current; inv != nil {
		i.process.kill()
		i.finish(&outcome{err: timedOut(inv.id, i.f.spec.Timeout)})
	}
	h.scale()
}
