package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
)

// Apps keeps the applications, and implements pubsub.Apps. Those that were
// asked for stay in memory with their keys parsed: this process is the only
// one that writes them, so what is there is never stale.
type Apps struct {
	disk *Disk

	mu   sync.RWMutex
	read map[app.ID]*parsed
	puts int // how often any was written
}

// parsed is an application with its keys.
type parsed struct {
	app  *app.App
	ring *grant.Ring
}

// document is an application as it is kept.
type document struct {
	App  *app.App    `json:"app"`
	Keys grant.Slots `json:"keys"`
}

func newApps(d *Disk) *Apps {
	return &Apps{disk: d, read: map[app.ID]*parsed{}}
}

// Put keeps an application, in the place of an older one of its id, and
// returns when it will survive the end of the process. It is checked before:
// a fault of kind Invalid says what is wrong with it.
func (a *Apps) Put(_ context.Context, x *app.App, keys grant.Slots) error {
	if err := errors.Join(x.Check(), keys.Check()); err != nil {
		return err
	}
	key, err := appKey(x.ID)
	if err != nil {
		return err
	}
	data, err := json.Marshal(document{x, keys})
	if err != nil {
		return fmt.Errorf("encode an application: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.puts++
	delete(a.read, x.ID) // also when it fails: it may have happened
	err = a.disk.write(func() error {
		return a.disk.db.Update(func(txn *badger.Txn) error { return txn.Set(key, data) })
	})
	if err != nil {
		return fmt.Errorf("keep an application: %w", err)
	}
	return nil
}

// App implements pubsub.Apps.
func (a *Apps) App(_ context.Context, id app.ID) (*app.App, error) {
	p, err := a.get(id)
	if err != nil {
		return nil, err
	}
	return p.app, nil
}

// Ring implements pubsub.Apps.
func (a *Apps) Ring(_ context.Context, of *app.App) (*grant.Ring, error) {
	p, err := a.get(of.ID)
	switch {
	case errors.Is(err, pubsub.ErrNoApp):
		return grant.Slots{}.Ring(), nil
	case err != nil:
		return nil, err
	}
	return p.ring, nil
}

func (a *Apps) get(id app.ID) (*parsed, error) {
	a.mu.RLock()
	p, puts := a.read[id], a.puts
	a.mu.RUnlock()
	if p != nil {
		return p, nil
	}
	key, err := appKey(id)
	if err != nil {
		return nil, pubsub.ErrNoApp
	}
	err = a.disk.view(func(txn *badger.Txn) error {
		item, err := txn.Get(key)
		if err != nil {
			return err
		}
		x, err := readApp(item)
		p = &parsed{x.App, x.Keys.Ring()}
		return err
	})
	switch {
	case errors.Is(err, badger.ErrKeyNotFound):
		return nil, pubsub.ErrNoApp
	case err != nil:
		return nil, fmt.Errorf("read an application: %w", err)
	}
	return a.remember(p, puts), nil
}

// remember keeps an application that was read when that many had been put, and
// returns it, or the same as another read it. What may be older than the last
// Put is not kept; nor is an id that does not exist, since anybody can guess
// more of these than there is memory.
func (a *Apps) remember(p *parsed, puts int) *parsed {
	a.mu.Lock()
	defer a.mu.Unlock()
	if other := a.read[p.app.ID]; other != nil {
		return other
	}
	if a.puts == puts {
		a.read[p.app.ID] = p
	}
	return p
}

func readApp(item *badger.Item) (document, error) {
	var x document
	err := item.Value(func(data []byte) error {
		if json.Unmarshal(data, &x) != nil || x.App == nil { // its error may quote a key
			return errors.New("the record of an application is damaged")
		}
		return nil
	})
	return x, err
}

// appKey returns where an application lies.
func appKey(id app.ID) ([]byte, error) { return keyOf(appPrefix, id) }
