package standalone

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
)

const (
	// comeBack is what clients are told to wait before they connect again: a
	// restart takes less.
	comeBack = time.Second
	// finishing is how long requests under way may take to finish, and then
	// the stores to close.
	finishing = time.Second
)

// Stop stops accepting, tells every client to come back, and closes the stores
// with all that was acknowledged in them. When ctx ends first, connections are
// cut, and stores that do not close are given up: what was acknowledged is on
// disk before it is acknowledged.
func (p *Platform) Stop(ctx context.Context) error {
	p.stopping.Store(true)
	p.cancel()
	p.rest(ctx)
	// From here on nobody finds a platform that is about to stop.
	err := p.folder.Forget()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		// Connections that never sent anything would be waited for as well.
		bounded, cancel := context.WithTimeout(ctx, finishing)
		defer cancel()
		if p.server.Shutdown(bounded) != nil {
			_ = p.server.Close() // the listener is closed already
		}
	}()
	p.farewell(ctx)
	if failure := p.gateway.Shutdown(ctx); failure != nil {
		err = errors.Join(err, fmt.Errorf("not every client could be told: %w", failure))
	}
	<-finished
	p.closeAside()
	p.closeTraces(ctx)
	return errors.Join(err, p.closeStores(ctx))
}

// rest waits until nothing is done beside requests any more. A job may be
// writing to a disk that is full, for which Badger waits for ever.
func (p *Platform) rest(ctx context.Context) {
	rests := make(chan struct{})
	go func() { p.ticking.Wait(); close(rests) }()
	bounded, cancel := context.WithTimeout(ctx, finishing)
	defer cancel()
	select {
	case <-rests:
	case <-bounded.Done():
	}
}

// closeStores closes the stores. Badger tries for ever to write what it holds
// in memory, on a disk that is full and in a folder that was removed.
func (p *Platform) closeStores(ctx context.Context) error {
	closed := make(chan error, 1)
	go func() { closed <- p.disk.Close() }()
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishing)
	defer cancel()
	select {
	case err := <-closed:
		return err
	case <-bounded.Done():
	}
	return fmt.Errorf("the stores in %s could not be closed in time: is the disk full, is the folder still there?", p.folder)
}

// farewell tells every client to come back.
func (p *Platform) farewell(ctx context.Context) {
	for _, id := range p.memory.Inhabited() {
		for from := pubsub.Cursor(""); ; {
			page, err := p.memory.OfApp(ctx, id, from)
			if err != nil {
				break
			}
			p.poster.Post(ctx, page.IDs, wire.Reconnect(comeBack))
			if from = page.Next; from == "" {
				break
			}
		}
	}
}

// release frees what a start that failed has taken.
func (p *Platform) release() error {
	p.closeAside()
	p.closeTraces(context.Background())
	var err error
	if p.gateway != nil {
		err = p.gateway.Shutdown(context.Background())
	}
	if p.disk != nil {
		err = errors.Join(err, p.disk.Close())
	}
	return err
}
