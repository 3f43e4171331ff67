package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
)

// FetchKeys returns the keys of the key set at url. alg is that of keys that
// name none. With fresh they are read anew if their owner can be asked again.
type FetchKeys func(ctx context.Context, url string, alg grant.Algorithm, fresh bool) ([]grant.Key, error)

// Apps keeps the applications, and implements pubsub.Apps. What was read stays
// in memory for remembered, with its keys parsed. Make it with NewApps. Safe
// for concurrent use.
type Apps struct {
	client *Client
	table  string
	now    func() time.Time
	fetch  FetchKeys

	mu   sync.Mutex
	read map[app.ID]*parsed
}

// remembered is for how long an application may be answered from memory.
const remembered = 5 * time.Second

// parsed is an application with the keys of its slots.
type parsed struct {
	app   *app.App
	until time.Time
	slots [2][2]slot // by kind
}

// slot is a slot's key, or why there is none.
type slot struct {
	key grant.Key
	err error
}

const attrDocument = "app" // as JSON

var (
	errSlot  = errors.New("a key slot cannot be read")
	errFetch = errors.New("key sets are not fetched here")
)

// NewApps returns the store that lives in the table of class directory. fetch
// may be nil where no application has key sets.
func NewApps(c *Client, table string, now func() time.Time, fetch FetchKeys) *Apps {
	return &Apps{client: c, table: table, now: now, fetch: fetch, read: map[app.ID]*parsed{}}
}

// Put keeps an application, in the place of an older one of its id. It is
// checked before: a fault of kind Invalid says what is wrong with it. Others
// see it within a few seconds.
func (a *Apps) Put(ctx context.Context, x *app.App) error {
	if _, err := app.ParseID(string(x.ID)); err != nil {
		return err
	}
	if err := errors.Join(x.Settings.Check(), x.Keys.Check()); err != nil {
		return err
	}
	document, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode an application: %w", err)
	}
	i := key(pkApp(x.ID), self)
	i[attrDocument] = str(string(document))
	_, err = a.client.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &a.table, Item: i})
	a.mu.Lock()
	delete(a.read, x.ID) // also when it failed: it may have happened
	a.mu.Unlock()
	return failure(ctx, "PutItem", err)
}

// App implements pubsub.Apps.
func (a *Apps) App(ctx context.Context, id app.ID) (*app.App, error) {
	if _, err := app.ParseID(string(id)); err != nil {
		return nil, pubsub.ErrNoApp
	}
	a.mu.Lock()
	p := a.read[id]
	a.mu.Unlock()
	if p != nil && a.now().Before(p.until) {
		return p.app, nil
	}
	// An answer may be seconds old anyway, so the cheaper read will do.
	i, err := a.client.get(ctx, a.table, key(pkApp(id), self), false)
	switch {
	case err != nil:
		return nil, err
	case i == nil:
		return nil, pubsub.ErrNoApp
	}
	x := new(app.App)
	if json.Unmarshal([]byte(text(i, attrDocument)), x) != nil { // its error may quote a key
		return nil, errDamaged
	}
	a.remember(x)
	return x, nil
}

// remember keeps what was read. Ids that do not exist are not kept: anybody can
// guess more of these than there is memory.
func (a *Apps) remember(x *app.App) {
	p, now := parse(x), a.now()
	p.until = now.Add(remembered)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.read) >= 1000 {
		for id, old := range a.read {
			if !now.Before(old.until) {
				delete(a.read, id)
			}
		}
	}
	a.read[x.ID] = p
}

// Keys implements pubsub.Apps.
func (a *Apps) Keys(ctx context.Context, of *app.App, kind grant.Kind, fresh bool) ([]grant.Key, error) {
	a.mu.Lock()
	p := a.read[of.ID]
	a.mu.Unlock()
	if p == nil || p.app != of {
		p = parse(of) // an older version, which somebody still works with
	}
	var keys []grant.Key
	var failed error
	for i, s := range of.Keys.Of(kind) {
		var read []grant.Key
		var err error
		switch {
		case s.Empty():
		case s.JWKSURL == "":
			read, err = []grant.Key{p.slots[kind][i].key}, p.slots[kind][i].err
		case a.fetch == nil:
			err = errFetch
		default:
			read, err = a.fetch(ctx, s.JWKSURL, s.Algorithm, fresh)
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		keys = append(keys, read...)
	}
	if len(keys) > 0 {
		return keys, nil
	}
	return nil, failed
}

func parse(x *app.App) *parsed {
	p := &parsed{app: x}
	for _, kind := range []grant.Kind{grant.Client, grant.Admin} {
		for i, s := range x.Keys.Of(kind) {
			if s.Empty() || s.JWKSURL != "" {
				continue
			}
			k, err := s.Key()
			if err != nil {
				// Not the parser's fault of kind Invalid: the one who connects
				// has nothing to do with it.
				err = errSlot
			}
			p.slots[kind][i] = slot{k, err}
		}
	}
	return p
}
