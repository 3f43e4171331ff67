package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
)

// Apps keeps the applications, and implements pubsub.Apps. What was read stays
// in memory for remembered, with its keys parsed. Make it with NewApps. Safe
// for concurrent use.
type Apps struct {
	client *Client
	table  string
	now    func() time.Time
	fetch  grant.FetchKeys

	mu   sync.Mutex
	read map[app.ID]*parsed
}

// remembered is for how long an application may be answered from memory.
const remembered = 5 * time.Second

// parsed is an application with its keys.
type parsed struct {
	app   *app.App
	until time.Time
	ring  *grant.Ring
}

const attrDocument = "app" // as JSON

// NewApps returns the store that lives in the table of class directory. fetch
// may be nil where no application has key sets.
func NewApps(c *Client, table string, now func() time.Time, fetch grant.FetchKeys) *Apps {
	return &Apps{client: c, table: table, now: now, fetch: fetch, read: map[app.ID]*parsed{}}
}

// Put keeps an application, in the place of an older one of its id. It is
// checked before: a fault of kind Invalid says what is wrong with it. Others
// see it within a few seconds.
func (a *Apps) Put(ctx context.Context, x *app.App) error {
	if err := x.Check(); err != nil {
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
	now := a.now()
	p := &parsed{x, now.Add(remembered), x.Keys.Ring()}
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
		// An older version, which somebody still works with.
		return of.Keys.Ring().Keys(ctx, kind, a.fetch, fresh)
	}
	return p.ring.Keys(ctx, kind, a.fetch, fresh)
}
