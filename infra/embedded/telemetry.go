package embedded

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// Telemetry writes, reads and removes events; it implements pubsub.Recorder,
// telemetry.Events, telemetry.Figures, telemetry.Rollups and
// telemetry.Lifetime.
//
// Events are committed in groups, one group at a time: while one is written,
// the next one gathers. A group with an event that somebody waits for is
// written as soon as the one before it is done; any other within linger, or
// sooner when it is half full. When a group is full, who wants an event to be
// durable waits, and any other is refused: he may be serving sockets.
type Telemetry struct {
	disk   *Disk
	number atomic.Uint64 // of the last key

	// lifetime is held by who erases, restamps or rolls: what is being
	// rewritten, or made of something, must not come back after that was
	// erased.
	lifetime sync.Mutex
	part     int // bytes that a call of the first two reads

	keeping sync.Mutex // one rollup at a time, so that what was compared stays
	rolling sync.Mutex // guards found
	found   bool       // news of before the start
	rolls   sync.Mutex // guards news and what is in it
	news    map[app.ID]*news

	mu        sync.Mutex
	gathering *group
	writing   *group // the one before, until it is done
	failed    error  // of a group nobody waited for, for the next caller
	refused   uint64 // events, with ErrBusy
	closed    bool
	begun     chan struct{} // there is something to commit
	hurry     chan struct{} // and somebody waits for it
}

// group is what is committed together.
type group struct {
	records []telemetry.Record
	awaited bool
	taken   chan struct{} // closed when it is being written
	done    chan struct{} // closed when err is set
	err     error
}

const (
	linger    = 50 * time.Millisecond
	groupSize = 16 << 10 // events, 200 bytes each
)

// ErrClosed is returned by what is called after Close.
var ErrClosed = errors.New("the stores are closed")

// ErrBusy is returned for an event that nobody waits for, and that is not kept,
// because the disk is behind by all that is held in memory.
var ErrBusy = errors.New("the stores do not keep up")

func newTelemetry(d *Disk) *Telemetry {
	t := &Telemetry{disk: d, part: partOfLifetime, news: map[app.ID]*news{}, gathering: newGroup(), begun: make(chan struct{}, 1), hurry: make(chan struct{}, 1)}
	var random [8]byte
	rand.Read(random[:]) // which ends the program rather than fail
	t.number.Store(binary.BigEndian.Uint64(random[:]))
	return t
}

func newGroup() *group { return &group{taken: make(chan struct{}), done: make(chan struct{})} }

// Record implements pubsub.Recorder. Without durable it never waits, and its
// error may be ErrBusy. When ctx ends before the commit does, the event may
// have been kept all the same.
func (t *Telemetry) Record(ctx context.Context, r telemetry.Record, durable bool) error {
	if _, err := keyOf(telemetryPrefix, r.App); err != nil {
		return err // it could not be kept, and must not spoil a group
	}
	g, err := t.gather(ctx, r, durable)
	if err != nil || !durable {
		return err
	}
	return g.wait(ctx)
}

func (g *group) wait(ctx context.Context) error {
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gather adds r to a group and returns it, and the error of an earlier one.
func (t *Telemetry) gather(ctx context.Context, r telemetry.Record, durable bool) (*group, error) {
	for {
		g, added, err := t.tryGather(r, durable)
		if added || err != nil {
			return g, err
		}
		select {
		case <-g.taken:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tryGather is gather, but when the group is full it adds nothing and, unless r
// is to be durable, says so.
func (t *Telemetry) tryGather(r telemetry.Record, durable bool) (g *group, added bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g = t.gathering
	switch {
	case t.closed:
		return nil, false, ErrClosed
	case len(g.records) >= groupSize:
		if durable {
			return g, false, nil
		}
		t.refused++
		return nil, false, fmt.Errorf("%w: %d events were refused since they were opened", ErrBusy, t.refused)
	}
	g.records = append(g.records, r)
	g.awaited = g.awaited || durable
	if len(g.records) == 1 {
		notify(t.begun)
	}
	if durable || len(g.records) == groupSize/2 {
		notify(t.hurry)
	}
	if !durable {
		err, t.failed = t.failed, nil
	}
	return g, true, err
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// commitAll commits group after group until the stores are closed: begun still
// yields what was put there before it was closed, so the last group is seen.
func (t *Telemetry) commitAll() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for range t.begun {
		timer.Reset(linger)
		select {
		case <-t.hurry:
		case <-timer.C:
		}
		t.commitOne()
	}
}

func (t *Telemetry) commitOne() {
	t.mu.Lock()
	g := t.gathering
	if len(g.records) == 0 {
		t.mu.Unlock()
		return
	}
	t.gathering, t.writing = newGroup(), g
	t.mu.Unlock()
	close(g.taken)

	g.err = t.commit(g.records)

	t.mu.Lock()
	if t.writing = nil; g.err != nil && !g.awaited {
		t.failed = g.err
	}
	t.mu.Unlock()
	close(g.done)
	g.records = nil
}

// flush returns when everything recorded so far is committed.
func (t *Telemetry) flush(ctx context.Context) error {
	t.mu.Lock()
	g := t.gathering
	if len(g.records) == 0 {
		g = t.writing
	} else {
		g.awaited = true
		notify(t.hurry)
	}
	t.mu.Unlock()
	if g == nil {
		return nil
	}
	return g.wait(ctx)
}

// close refuses what comes from now on; commitAll commits the rest and ends.
func (t *Telemetry) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.closed = true
		close(t.begun)
		notify(t.hurry)
	}
}
