package platform

import (
	"context"
	"errors"
	"sync"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
)

// nobody is an application that there is not: to look for it is the cheapest
// question that a table can be asked, and needs no right of its own.
const nobody = app.ID("00000000000000000000000000000000")

// Ready returns what says whether the tables answer. The answer is remembered as
// long as an application is: whoever asks often pays for that alone.
func (p *Parts) Ready() func(context.Context) error {
	store, events, records := p.realtime(), p.telemetry(), p.directory()
	r := &readiness{now: p.Now, ask: func(ctx context.Context) error {
		var all sync.WaitGroup
		var failures [3]error
		all.Go(func() { _, failures[0] = store.Get(ctx, "readyz") })
		all.Go(func() { _, failures[1] = records.Get(ctx, nobody.Key()) })
		all.Go(func() { _, failures[2] = events.Closed(ctx, telemetry.Part{App: nobody}) })
		all.Wait()
		for i, err := range failures {
			if errors.Is(err, pubsub.ErrNoConnection) || errors.Is(err, directory.ErrAbsent) {
				failures[i] = nil
			}
		}
		return errors.Join(failures[:]...)
	}}
	return r.ready
}

// readiness remembers whether the tables have answered.
type readiness struct {
	ask func(context.Context) error
	now func() time.Time

	mu    sync.Mutex
	asked time.Time
	err   error
}

func (r *readiness) ready(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.asked.IsZero() || now.Sub(r.asked) > remembered || now.Before(r.asked) {
		r.err, r.asked = r.ask(ctx), now
	}
	return r.err
}
