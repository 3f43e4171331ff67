package stream

import (
	"bytes"
	"context"
	"errors"
	"sync"
)

// Trick is what a network, or Lambda, may do with a batch.
type Trick int

// The tricks. Lambda promises that each batch comes at least once, and no more.
const (
	Honest Trick = iota
	Twice        // it is delivered twice; the second answer counts
	Lost         // it is delivered, and the answer is lost
	Never        // it is not delivered, and said to have failed
	Before       // a batch of earlier is delivered once more before it
	After        // a batch of earlier is delivered once more after it
)

var errTrick = errors.New("the function did not answer")

// Hostile is f with a trick for each batch, as next says. It remembers every
// batch, so it is for tests only.
func Hostile(f Function, next func() Trick) Function { return &hostile{f: f, next: next} }

type hostile struct {
	f    Function
	next func() Trick

	mu   sync.Mutex
	past [][]byte
}

// Invoke implements Function.
func (h *hostile) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	h.mu.Lock()
	trick, past := h.next(), [][]byte(nil)
	if len(h.past) > 0 {
		past = append(past, h.past[(len(h.past)*7+3)%len(h.past)])
	}
	h.past = append(h.past, bytes.Clone(event))
	h.mu.Unlock()
	again := func() {
		for _, e := range past {
			_, _ = h.f.Invoke(ctx, e) // nobody waits for it
		}
	}
	switch trick {
	case Twice:
		_, _ = h.f.Invoke(ctx, event)
	case Lost:
		_, _ = h.f.Invoke(ctx, event)
		return nil, errTrick
	case Never:
		return nil, errTrick
	case Before:
		again()
	case After:
		defer again()
	}
	return h.f.Invoke(ctx, event)
}
