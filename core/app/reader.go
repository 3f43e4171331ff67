package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/seal"
)

// Reader reads applications where accounts keep them: it implements pubsub.Apps.
// Its fields are set once and not changed. Safe for concurrent use.
//
// Applications are answered from memory for a while. Keys are looked at each
// time: only what they were parsed to is remembered, for as long as the record
// has the same version, and only their account's key opens them.
type Reader struct {
	Directory directory.Directory
	// Vault opens keys. Nil where nobody asks for any.
	Vault seal.Vault
	// Remember is for how long an application is answered from memory; zero
	// means until Changed says that it has changed, which is for a process that
	// is the only one to change any.
	Remember time.Duration
	// Now is the clock by which that passes. Nil if Remember is zero.
	Now func() time.Time

	mu      sync.RWMutex
	apps    map[ID]known
	rings   map[ID]ring
	changes int // how often Changed was called
}

// known is an application that was read.
type known struct {
	app   *App
	until time.Time // zero for one that is remembered until it changes
}

// ring is keys that were read.
type ring struct {
	version directory.Version
	keys    *grant.Ring
}

// most is how many applications are remembered, and how many rings.
const most = 10_000

// errKeyless says that keys are asked for where none can be opened.
var errKeyless = errors.New("verification keys are not read here")

// App implements pubsub.Apps.
func (r *Reader) App(ctx context.Context, id ID) (*App, error) {
	if _, err := ParseID(string(id)); err != nil {
		return nil, ErrNone
	}
	r.mu.RLock()
	k, changes := r.apps[id], r.changes
	r.mu.RUnlock()
	if k.app != nil && !r.over(k) {
		return k.app, nil
	}
	record, err := r.Directory.Get(ctx, id.Key())
	switch {
	case errors.Is(err, directory.ErrAbsent):
		r.mu.Lock()
		delete(r.apps, id)
		r.mu.Unlock()
		return nil, ErrNone
	case err != nil:
		return nil, fmt.Errorf("read an application: %w", err)
	}
	a, err := Read(record)
	if err != nil {
		return nil, err
	}
	return r.remember(a, changes), nil
}

func (r *Reader) over(k known) bool { return r.Remember > 0 && !r.Now().Before(k.until) }

// remember keeps an application that was read when that many changes had been,
// and returns it. What may be older than the last change is not kept; nor is an
// id that does not exist, since anybody can guess more of these than there is
// memory.
func (r *Reader) remember(a *App, changes int) *App {
	k := known{app: a}
	if r.Remember > 0 {
		k.until = r.Now().Add(r.Remember)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes != changes {
		return a
	}
	if r.apps == nil {
		r.apps = map[ID]known{}
	}
	if len(r.apps) >= most {
		r.makeRoom()
	}
	r.apps[a.ID] = k
	return a
}

// makeRoom drops what is over anyway, or else something.
func (r *Reader) makeRoom() {
	for id, k := range r.apps {
		if r.over(k) {
			delete(r.apps, id)
		}
	}
	for id := range r.apps {
		if len(r.apps) < most {
			break
		}
		delete(r.apps, id)
	}
}

// Changed says that an application, or its keys, are not what they were, or may
// not be.
func (r *Reader) Changed(id ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	delete(r.apps, id)
	delete(r.rings, id)
}

// Ring implements pubsub.Apps.
func (r *Reader) Ring(ctx context.Context, of *App) (*grant.Ring, error) {
	if r.Vault == nil {
		return nil, errKeyless
	}
	record, err := r.Directory.Get(ctx, of.ID.SlotsKey())
	switch {
	case errors.Is(err, directory.ErrAbsent):
		return grant.Slots{}.Ring(), nil
	case err != nil:
		return nil, fmt.Errorf("read an application's keys: %w", err)
	}
	// The vault is asked each time: when it has destroyed an account's key,
	// nobody verifies anything any more, whatever is remembered.
	sealer, err := r.Vault.Sealer(ctx, of.Account)
	switch {
	case errors.Is(err, seal.ErrNoKey):
		return grant.Slots{}.Ring(), nil
	case err != nil:
		return nil, fmt.Errorf("open an application's keys: %w", err)
	}
	r.mu.RLock()
	k := r.rings[of.ID]
	r.mu.RUnlock()
	if k.keys != nil && k.version == record.Version {
		return k.keys, nil
	}
	slots, err := ReadSlots(record, sealer)
	if err != nil {
		return nil, fmt.Errorf("open an application's keys: %w", err)
	}
	k = ring{record.Version, slots.Ring()}
	r.keep(of.ID, k)
	return k.keys, nil
}

func (r *Reader) keep(id ID, k ring) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rings == nil {
		r.rings = map[ID]ring{}
	}
	for other := range r.rings {
		if len(r.rings) < most {
			break
		}
		delete(r.rings, other)
	}
	r.rings[id] = k
}
