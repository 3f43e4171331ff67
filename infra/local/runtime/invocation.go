package runtime

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// invocation is one event on its way to an instance and back.
type invocation struct {
	id            string
	event         []byte
	trace         string // X-Ray's header
	clientContext string // JSON
	fate          fate
	done          chan outcome // has room for one

	// Guarded by Host.mu.
	fetched bool     // by the function
	answer  *outcome // what the function said, until it asks for the next event
	cold    bool
}

func newInvocation(event []byte) *invocation {
	return &invocation{id: newID(), event: event, trace: newTrace(), done: make(chan outcome, 1)}
}

// again returns the same event for another attempt, as Lambda does it with the
// same id.
func (inv *invocation) again() *invocation {
	return &invocation{id: inv.id, event: inv.event, trace: inv.trace, clientContext: inv.clientContext, done: make(chan outcome, 1)}
}

// outcome is what came of an invocation.
type outcome struct {
	payload []byte
	err     error
	cold    bool
}

func refused(err error) outcome { return outcome{err: err} }

// status names an outcome in the log. It is none of the function's own words.
func (o outcome) status() string {
	if o.err == nil {
		return "ok"
	}
	if failure, ok := errors.AsType[*FunctionError](o.err); ok {
		return failure.Kind.String()
	}
	if refusal, ok := errors.AsType[*Refusal](o.err); ok {
		return refusal.Code
	}
	return "given up"
}

// fate is what Options.Hostile has in store for an event.
type fate int

const (
	good         fate = iota
	crashBefore       // the function never sees the event
	crashAfter        // it was done with the event
	timeoutAfter      // it was done, and it counts as not done in time
)

func (h *Hostile) fate() fate {
	switch {
	case h.happens(h.Crash):
		if h.Random() < 0.5 {
			return crashBefore
		}
		return crashAfter
	case h.happens(h.Timeout):
		return timeoutAfter
	}
	return good
}

// newID returns a random UUID, which is what request ids are.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTrace returns a tracing header that says that nobody traces.
func newTrace() string {
	var b [20]byte
	rand.Read(b[:])
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", uint32(time.Now().Unix()), hex.EncodeToString(b[:12]), hex.EncodeToString(b[12:]))
}
