package metrics

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
)

// Counts counts. Made by New; it implements pubsub.Meter.
type Counts struct {
	sizes, times histogram
	delivered    atomic.Uint64
	gone, failed atomic.Uint64
	kept, lost   atomic.Uint64
	disconnects  atomic.Uint64
	connects     []atomic.Uint64 // by place of code
	answered     []atomic.Uint64 // by place of verb, then by place of code
	requests     sync.Map        // of Request to *atomic.Uint64
	kinds        atomic.Int64    // how many of these there are
}

var _ pubsub.Meter = (*Counts)(nil)

// New returns counts of nothing.
func New() *Counts {
	return &Counts{
		sizes: newHistogram(sizeBounds), times: newHistogram(timeBounds),
		connects: make([]atomic.Uint64, len(codes)), answered: make([]atomic.Uint64, len(verbs)*len(codes)),
	}
}

// Answered implements pubsub.Meter.
func (c *Counts) Answered(_ context.Context, verb wire.Type, code wire.Code, _ time.Duration) {
	c.answered[placeOfVerb(verb)*len(codes)+placeOfCode(code)].Add(1)
}

// Connected implements pubsub.Meter.
func (c *Counts) Connected(_ context.Context, code wire.Code) { c.connects[placeOfCode(code)].Add(1) }

// Disconnected implements pubsub.Meter.
func (c *Counts) Disconnected(context.Context) { c.disconnects.Add(1) }

// Published implements pubsub.Meter.
func (c *Counts) Published(_ context.Context, size int, n wire.Counts, took time.Duration) {
	c.sizes.observe(uint64(max(0, size)))
	c.times.observe(uint64(max(0, took)))
	add(&c.delivered, n.Delivered)
	add(&c.gone, n.Gone)
	add(&c.failed, n.Matched-n.Delivered-n.Gone)
}

func add(to *atomic.Uint64, n int) {
	if n > 0 {
		to.Add(uint64(n))
	}
}

// Recorded implements pubsub.Meter.
func (c *Counts) Recorded(_ context.Context, kept bool) {
	if kept {
		c.kept.Add(1)
		return
	}
	c.lost.Add(1)
}

// Request is a kind of requests. Route is the pattern of one, never a path; ""
// is none.
type Request struct {
	Route, Method string
	Status        int
}

// maxKinds bounds how many kinds of requests are told apart. There are fewer
// routes, methods and statuses than that would take.
const maxKinds = 4096

// Requested counts a request.
func (c *Counts) Requested(r Request) {
	n, known := c.requests.Load(r)
	if !known {
		if c.kinds.Add(1) > maxKinds {
			r = Request{Route: Other, Method: Other}
		}
		n, _ = c.requests.LoadOrStore(r, new(atomic.Uint64))
	}
	n.(*atomic.Uint64).Add(1)
}
