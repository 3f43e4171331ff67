package runtime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync"
)

// Host runs functions. It is the Lambda Invoke API as an http.Handler.
type Host struct {
	opts   Options
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	api    *http.ServeMux
	thread *thread
	output *output
	alive  sync.WaitGroup // what Close waits for

	mu        sync.Mutex // guards what follows, and all that functions and instances have
	functions map[string]*Function
	instances map[*instance]struct{} // those that can be used, or will be
	starting  int
	waiting   int // events
	queued    int // asynchronous ones
	closed    bool
}

// New makes a host without functions.
func New(o Options) (*Host, error) {
	o = o.withDefaults()
	if o.Instances < 0 || o.Backlog < 0 {
		return nil, errors.New("runtime: a host needs room for instances and events")
	}
	h := &Host{
		opts: o, thread: newThread(), output: &output{w: o.Output},
		functions: map[string]*Function{}, instances: map[*instance]struct{}{},
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.api = h.routes()
	return h, nil
}

// functionName is what Lambda takes for one.
var functionName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,140}$`)

// Add makes a function known. It starts nothing, but looks whether something
// could be started; a *SetupError says what is missing and what to do.
func (h *Host) Add(s Spec) (*Function, error) {
	preset(&s.Timeout, DefaultTimeout)
	preset(&s.Memory, DefaultMemory)
	names := slices.Concat([]string{s.Name}, s.Aliases)
	for _, name := range names {
		if !functionName.MatchString(name) {
			return nil, fmt.Errorf("runtime: %q is no function name: up to 140 letters, digits, '-' and '_'", name)
		}
	}
	c, err := commandOf(&s)
	if err != nil {
		return nil, err
	}
	f := &Function{host: h, spec: s, command: c, arn: h.arn(s.Name)}
	f.env = h.environment(&s)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range names {
		if h.functions[name] != nil {
			return nil, fmt.Errorf("runtime: there are two functions named %q", name)
		}
	}
	for _, name := range names {
		h.functions[name] = f
	}
	return f, nil
}

// Function returns the function of a name or alias, or nil.
func (h *Host) Function(name string) *Function {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.functions[name]
}

func (h *Host) arn(name string) string {
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", h.opts.Region, h.opts.AccountID, name)
}

// scale starts instances for the events that wait for one. h.mu is held.
func (h *Host) scale() {
	if h.waiting == 0 || h.closed {
		return
	}
	for _, f := range h.functions {
		for len(f.waiting) > f.starting && f.starting < startsAtOnce() {
			if h.full() && !h.makeRoom() {
				return
			}
			h.start(f, nil)
		}
	}
}

func (h *Host) full() bool { return len(h.instances)+h.starting >= h.opts.Instances }

// makeRoom ends the instance that has been idle for the longest time, and
// reports whether there was one. h.mu is held.
func (h *Host) makeRoom() bool {
	var oldest *instance
	for i := range h.instances {
		if i.state == idle && (oldest == nil || i.until.Before(oldest.until)) {
			oldest = i
		}
	}
	if oldest == nil {
		return false
	}
	oldest.retire()
	return true
}

// Close ends all functions and waits until they have ended: politely at first,
// and by force after Options.Grace, or at once when ctx has ended. Events that
// are being handled fail, and those that wait are lost.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	again := h.closed
	h.closed = true
	h.cancel()
	for i := range h.instances {
		i.retire()
	}
	h.mu.Unlock()
	stop := context.AfterFunc(ctx, h.thread.killAll)
	defer stop()
	h.alive.Wait()
	if !again {
		h.thread.end()
	}
	return nil
}
