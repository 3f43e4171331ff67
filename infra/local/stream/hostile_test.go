package stream_test

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"tacet/infra/local/stream"
)

// trick is what a network, or Lambda, may do with a batch.
type trick int

// The tricks. Lambda promises that each batch comes at least once, and no more.
const (
	honest trick = iota
	twice        // it is delivered twice; the second answer counts
	lost         // it is delivered, and the answer is lost
	never        // it is not delivered, and said to have failed
	before       // a batch of earlier is delivered once more before it
	after        // a batch of earlier is delivered once more after it
)

var errTrick = errors.New("the function did not answer")

// hostile is a function with a trick for each batch, as next says.
type hostile struct {
	f    stream.Function
	next func() trick

	mu   sync.Mutex
	past [][]byte
}

// Invoke implements Function.
func (h *hostile) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	h.mu.Lock()
	now, past := h.next(), [][]byte(nil)
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
	switch now {
	case twice:
		_, _ = h.f.Invoke(ctx, event)
	case lost:
		_, _ = h.f.Invoke(ctx, event)
		return nil, errTrick
	case never:
		return nil, errTrick
	case before:
		again()
	case after:
		defer again()
	}
	return h.f.Invoke(ctx, event)
}
