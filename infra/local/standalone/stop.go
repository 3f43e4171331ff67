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
	// finishing is how long requests under way may take to finish.
	finishing = time.Second
	// reading is how long clients get to read that they should come back
	// before the connection is closed: a close frame overtakes what waits.
	reading = 100 * time.Millisecond
)

// Stop stops accepting, tells every client to come back, and closes the stores
// with all that was acknowledged in them. When ctx ends first, connections are
// cut; the stores are closed properly all the same.
func (p *Platform) Stop(ctx context.Context) error {
	p.cancel()
	p.ticking.Wait()
	// From here on nobody finds a platform that is about to stop.
	err := p.folder.remove(runningFile)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		// Connections that never sent anything would be waited for as well.
		bounded, cancel := context.WithTimeout(ctx, finishing)
		defer cancel()
		if p.server.Shutdown(bounded) != nil {
			p.server.Close()
		}
	}()
	p.farewell(ctx)
	if failure := p.gateway.Shutdown(ctx); failure != nil {
		err = errors.Join(err, fmt.Errorf("not every client could be told: %w", failure))
	}
	<-finished
	return errors.Join(err, p.disk.Close())
}

// farewell tells every client to come back.
func (p *Platform) farewell(ctx context.Context) {
	apps, err := p.disk.Apps.All(ctx)
	if err != nil {
		p.log.Error("clients are not told to come back, only closed so", "error", err)
		return
	}
	told := 0
	for _, a := range apps {
		for from := pubsub.Cursor(""); ; {
			page, err := p.memory.OfApp(ctx, a.ID, from)
			if err != nil {
				break
			}
			told += p.poster.Post(ctx, page.IDs, wire.Reconnect(comeBack)).Delivered
			if from = page.Next; from == "" {
				break
			}
		}
	}
	if told == 0 {
		return
	}
	select {
	case <-time.After(reading):
	case <-ctx.Done():
	}
}

// release frees what a start that failed has taken.
func (p *Platform) release() error {
	var err error
	if p.gateway != nil {
		err = p.gateway.Shutdown(context.Background())
	}
	if p.disk != nil {
		err = errors.Join(err, p.disk.Close())
	}
	return err
}
