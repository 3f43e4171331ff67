package pubsubtest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/topic"
	"tacet/core/wire"
)

// Stores are the ports that know of connections. They belong together: what
// one is told, the others answer by.
type Stores struct {
	Connections   pubsub.Connections
	Subscriptions pubsub.Subscriptions
	Audience      pubsub.Audience
	Rates         pubsub.Rates
}

// OpenStores returns empty stores that live by the clock, for one test.
type OpenStores func(t *testing.T, clock *Clock) Stores

// Two applications that suites use, and a third that has nothing.
const (
	AppA    app.ID = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	AppB    app.ID = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	NoSuch  app.ID = "cccccccccccccccccccccccccccccccc"
	nobody         = wire.ConnID("nobody")
	forever        = 24 * 366 * time.Hour
)

var noQuota = pubsub.Quota{}

// room is one test of a suite: stores, and the words to speak of them.
type room struct {
	Stores
	t     *testing.T
	ctx   context.Context
	clock *Clock
}

func (open OpenStores) room(t *testing.T) *room {
	clock := NewClock()
	return &room{Stores: open(t, clock), t: t, ctx: t.Context(), clock: clock}
}

// connection returns a record of a connection that lives for two hours.
func (r *room) connection(of app.ID, who grant.Subject, id wire.ConnID) *pubsub.Connection {
	now := r.clock.Now()
	return &pubsub.Connection{ID: id, App: of, Subject: who, ConnectedAt: now, Expires: now.Add(pubsub.MaxLifetime + pubsub.Grace)}
}

// add adds a connection of AppA without quota.
func (r *room) add(who grant.Subject, id wire.ConnID) *pubsub.Connection {
	r.t.Helper()
	return r.addTo(AppA, who, id)
}

func (r *room) addTo(of app.ID, who grant.Subject, id wire.ConnID) *pubsub.Connection {
	r.t.Helper()
	c := r.connection(of, who, id)
	r.want(r.Connections.Add(r.ctx, c, noQuota), nil)
	return c
}

func (r *room) subscribe(c *pubsub.Connection, topics ...topic.Name) {
	r.t.Helper()
	for _, n := range topics {
		r.want(r.Subscriptions.Subscribe(r.ctx, c, n, 0), nil)
	}
}

func (r *room) remove(id wire.ConnID) {
	r.t.Helper()
	_, err := r.Connections.Remove(r.ctx, id)
	r.want(err, nil)
}

// want fails the test unless err is the sentinel, or nil when that is nil.
func (r *room) want(err, sentinel error) {
	r.t.Helper()
	if !is(err, sentinel) {
		r.t.Fatalf("error %v, want %v", err, sentinel)
	}
}

func (r *room) wantAbsent(id wire.ConnID) {
	r.t.Helper()
	if c, err := r.Connections.Get(r.ctx, id); !is(err, pubsub.ErrNoConnection) {
		r.t.Errorf("Get(%s) = %v, %v; want it absent", id, c, err)
	}
}

// wantIDs holds a whole audience against what it should be, in any order.
func (r *room) wantIDs(what string, read func(pubsub.Cursor) (pubsub.Page, error), want ...wire.ConnID) {
	r.t.Helper()
	got, err := ReadAll(read)
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (r *room) wantApp(of app.ID, want ...wire.ConnID) {
	r.t.Helper()
	r.wantIDs("connections of the application", r.ofApp(of), want...)
}

func (r *room) wantSubject(of app.ID, who grant.Subject, want ...wire.ConnID) {
	r.t.Helper()
	r.wantIDs(fmt.Sprintf("connections of subject %s", who), r.ofSubject(of, who), want...)
}

func (r *room) wantSubscribers(of app.ID, n topic.Name, want ...wire.ConnID) {
	r.t.Helper()
	r.wantIDs(fmt.Sprintf("subscribers of %s", n), r.subscribers(of, n), want...)
}

func (r *room) wantTopics(c *pubsub.Connection, want ...topic.Name) {
	r.t.Helper()
	got, err := r.Subscriptions.TopicsOf(r.ctx, c)
	if err != nil {
		r.t.Fatalf("topics of %s: %v", c.ID, err)
	}
	got = slices.Sorted(slices.Values(got))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.t.Errorf("topics of %s: %v, want %v", c.ID, got, want)
	}
}

func (r *room) wantOccupied(of app.ID, want ...pubsub.TopicCount) {
	r.t.Helper()
	got, err := r.Subscriptions.Occupied(r.ctx, of)
	if err != nil {
		r.t.Fatalf("occupied topics: %v", err)
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("occupied topics: %v, want %v", got, want)
	}
}

func (r *room) ofApp(of app.ID) func(pubsub.Cursor) (pubsub.Page, error) {
	return func(from pubsub.Cursor) (pubsub.Page, error) { return r.Audience.OfApp(r.ctx, of, from) }
}

func (r *room) ofSubject(of app.ID, who grant.Subject) func(pubsub.Cursor) (pubsub.Page, error) {
	return func(from pubsub.Cursor) (pubsub.Page, error) { return r.Audience.OfSubject(r.ctx, of, who, from) }
}

func (r *room) subscribers(of app.ID, n topic.Name) func(pubsub.Cursor) (pubsub.Page, error) {
	return func(from pubsub.Cursor) (pubsub.Page, error) { return r.Audience.Subscribers(r.ctx, of, n, from) }
}

// maxPages is more than any audience of a test has. A store that hands out the
// same cursor for ever is caught by it.
const maxPages = 10_000

// ReadAll returns the ids of all pages, as a copy.
func ReadAll(read func(pubsub.Cursor) (pubsub.Page, error)) ([]wire.ConnID, error) {
	var all []wire.ConnID
	from := pubsub.Cursor("")
	for range maxPages {
		page, err := read(from)
		if err != nil {
			return all, err
		}
		all = append(all, page.IDs...)
		if page.Next == "" {
			return all, nil
		}
		from = page.Next
	}
	return all, fmt.Errorf("more than %d pages", maxPages)
}
