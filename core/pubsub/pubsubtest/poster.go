package pubsubtest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"tacet/core/pubsub"
	"tacet/core/wire"
)

// Reach is what a Poster finds when it posts to a connection.
type Reach uint8

// What can be found. The zero value is an open connection.
const (
	Open    Reach = iota
	Gone          // it is reported gone
	Failing       // it cannot be reached
	Slow          // posting waits for Release or for the context, then fails
)

// Closing is how a connection was ended.
type Closing struct {
	Code   wire.Code
	Reason string
}

// Poster is a pubsub.Poster that remembers what it was given. Connections are
// open unless Set says otherwise; one that was closed is gone. It fails the
// test when it is asked to post nothing, to nobody, or twice to the same
// connection at once. Safe for concurrent use.
type Poster struct {
	t       testing.TB
	release chan struct{}

	mu     sync.Mutex
	reach  map[wire.ConnID]Reach
	frames map[wire.ConnID][]posted
	ended  map[wire.ConnID]Closing
}

// posted is a frame, and what stood in it when it was posted.
type posted struct {
	frame wire.Frame
	text  string
}

// NewPoster returns a poster whose connections are all open.
func NewPoster(t testing.TB) *Poster {
	return &Poster{
		t: t, release: make(chan struct{}),
		reach: map[wire.ConnID]Reach{}, frames: map[wire.ConnID][]posted{}, ended: map[wire.ConnID]Closing{},
	}
}

// Set says what is found at a connection from now on.
func (p *Poster) Set(id wire.ConnID, r Reach) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reach[id] = r
}

// Release lets whoever waits for slow connections go on. Call it once.
func (p *Poster) Release() { close(p.release) }

// Post implements pubsub.Poster.
func (p *Poster) Post(ctx context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	if len(to) == 0 || len(f.JSON) == 0 {
		p.t.Errorf("Post of %q to %v", f.JSON, to)
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(to))); len(unique) != len(to) {
		p.t.Errorf("Post to the same connection twice: %v", to)
	}
	var all pubsub.Posted
	for _, id := range to {
		p.mu.Lock()
		reach := p.reach[id]
		if reach == Open {
			p.frames[id] = append(p.frames[id], posted{f, string(f.JSON)})
		}
		p.mu.Unlock()
		switch reach {
		case Open:
			all.Delivered++
		case Gone:
			all.Gone = append(all.Gone, id)
		case Slow:
			select {
			case <-p.release:
			case <-ctx.Done():
			}
			all.Failed = append(all.Failed, id)
		default:
			all.Failed = append(all.Failed, id)
		}
	}
	return all
}

// Close implements pubsub.Poster.
func (p *Poster) Close(_ context.Context, id wire.ConnID, code wire.Code, reason string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(reason) > wire.MaxReason {
		p.t.Errorf("Close with a reason of %d bytes", len(reason))
	}
	if _, again := p.ended[id]; !again {
		p.ended[id] = Closing{code, reason}
	}
	p.reach[id] = Gone
	return nil
}

// Frames returns what a connection was sent, in order, and forgets it.
func (p *Poster) Frames(id wire.ConnID) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var texts []string
	for _, f := range p.frames[id] {
		if string(f.frame.JSON) != f.text {
			p.t.Errorf("a frame changed after it was posted")
		}
		texts = append(texts, f.text)
	}
	delete(p.frames, id)
	return texts
}

// Ended returns how a connection was ended, and whether it was.
func (p *Poster) Ended(id wire.ConnID) (Closing, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.ended[id]
	return c, ok
}

// all returns every frame that was posted, without forgetting.
func (p *Poster) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var texts []string
	for _, frames := range p.frames {
		for _, f := range frames {
			texts = append(texts, f.text)
		}
	}
	return texts
}
