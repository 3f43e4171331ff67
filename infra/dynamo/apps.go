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

// Apps keeps the applications, and implements pubsub.Apps. What was read stays
// in memory for remembered, with its keys parsed. Make it with NewApps. Safe
// for concurrent use.
type Apps struct {
	client *Client
	table  string
	now    func() time.Time

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

// document is an application as it is kept.
type document struct {
	App  *app.App    `json:"app"`
	Keys grant.Slots `json:"keys"`
}

const attrDocument = "app" // as JSON

// NewApps returns the store that lives in the table of class directory.
func NewApps(c *Client, table string, now func() time.Time) *Apps {
	return &Apps{client: c, table: table, now: now, read: map[app.ID]*parsed{}}
}

// Put keeps an application, in the place of an older one of its id. It is
// checked before: a fault of kind Invalid says what is wrong with it. Others
// see it within a few seconds.
func (a *Apps) Put(ctx context.Context, x *app.App, keys grant.Slots) error {
	if err := errors.Join(x.Check(), keys.Check()); err != nil {
		return err
	}
	data, err := json.Marshal(document{x, keys})
	if err != nil {
		return fmt.Errorf("encode an application: %w", err)
	}
	i := key(pkApp(x.ID), self)
	i[attrDocument] = str(string(data))
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
	p, err := a.get(ctx, id)
	if err != nil {
		return nil, err
	}
	return p.app, nil
}

func (a *Apps) get(ctx context.Context, id app.ID) (*parsed, error) {
	a.mu.Lock()
	p := a.read[id]
	a.mu.Unlock()
	if p != nil && a.now().Before(p.until) {
		return p, nil
	}
	// An answer may be seconds old anyway, so the cheaper read will do.
	i, err := a.client.get(ctx, a.table, key(pkApp(id), self), false)
	switch {
	case err != nil:
		return nil, err
	case i == nil:
		return nil, pubsub.ErrNoApp
	}
	var x document
	if json.Unmarshal([]byte(text(i, attrDocument)), &x) != nil || x.App == nil { // its error may quote a key
		return nil, errDamaged
	}
	return a.remember(x), nil
}

// remember keeps what was read. Ids that do not exist are not kept: anybody can
// guess more of these than there is memory.
func (a *Apps) remember(x document) *parsed {
	now := a.now()
	p := &parsed{x.App, now.Add(remembered), x.Keys.Ring()}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.read) >= 1000 {
		for id, old := range a.read {
			if !now.Before(old.until) {
				delete(a.read, id)
			}
		}
	}
	a.read[x.App.ID] = p
	return p
}

// Ring implements pubsub.Apps.
func (a *Apps) Ring(ctx context.Context, of *app.App) (*grant.Ring, error) {
	p, err := a.get(ctx, of.ID)
	switch {
	case errors.Is(err, pubsub.ErrNoApp):
		return grant.Slots{}.Ring(), nil
	case err != nil:
		return nil, err
	}
	return p.ring, nil
}
