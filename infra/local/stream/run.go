package stream

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Run feeds the function until the context ends, and then returns nil, once no
// batch is under way; or until there is no such stream, and returns ErrNoStream.
func (m *Mapping) Run(ctx context.Context) error {
	r := &run{Mapping: m, done: map[string]chan struct{}{}, news: make(chan struct{}, 1), latest: m.Latest}
	defer r.all.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for ctx.Err() == nil {
		switch shards, err := m.Source.Shards(ctx); {
		case errors.Is(err, ErrNoStream):
			return ErrNoStream
		case err == nil:
			r.follow(ctx, shards)
		case ctx.Err() == nil:
			m.trouble(err)
		}
		r.wait(ctx)
	}
	return nil
}

// run is one call of Run.
type run struct {
	*Mapping
	all    sync.WaitGroup
	done   map[string]chan struct{} // by shard; closed when it is read to its end
	news   chan struct{}            // a shard was, so there may be others
	latest bool                     // Latest, and no shards are known yet
}

// follow starts reading the shards that are new, each when its parent is done.
func (r *run) follow(ctx context.Context, shards []Shard) {
	var fresh []Shard
	for _, s := range shards {
		if r.done[s.ID] == nil {
			r.done[s.ID] = make(chan struct{})
			fresh = append(fresh, s)
		}
	}
	for _, s := range fresh {
		reader := &reader{Mapping: r.Mapping, shard: s.ID, latest: r.latest}
		done, parent := r.done[s.ID], r.done[s.Parent]
		r.all.Go(func() {
			if parent != nil {
				select {
				case <-parent:
				case <-ctx.Done():
					return
				}
			}
			if reader.read(ctx) {
				close(done)
				select {
				case r.news <- struct{}{}:
				default:
				}
			}
		})
	}
	r.latest = false
}

func (r *run) wait(ctx context.Context) {
	timer := time.NewTimer(4 * r.poll())
	defer timer.Stop()
	select {
	case <-r.news:
	case <-timer.C:
	case <-ctx.Done():
	}
}
