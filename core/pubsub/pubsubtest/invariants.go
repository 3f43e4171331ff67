package pubsubtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/topic"
	"tacet/core/wire"
)

// Check fails the test unless what the stores say of an application fits
// together, whatever happened before: every subscription is that of a
// connection, every answer knows the same connections, and the quotas count
// what is there, no more and no less. It adds and removes connections to find
// out; nothing else may use the stores meanwhile. It returns everything that
// the stores say, as lines that can be compared.
func Check(t testing.TB, s Stores, now time.Time, of app.ID) []string {
	t.Helper()
	c := checker{Stores: s, t: t, ctx: context.Background(), app: of, now: now}
	c.connections()
	c.subscriptions()
	c.quotas()
	return c.lines()
}

type checker struct {
	Stores
	t   testing.TB
	ctx context.Context
	app app.ID
	now time.Time

	seen      []connected
	bySubject map[grant.Subject][]wire.ConnID
}

// connected is a connection, and what it subscribed to.
type connected struct {
	*pubsub.Connection
	topics []topic.Name
}

func (c *checker) lines() []string {
	var lines []string
	for _, x := range c.seen {
		lines = append(lines, fmt.Sprintf("%s %s %v until %v: %v", x.ID, x.Subject, x.Grants.Permissions(), x.Deadline, x.topics))
	}
	return lines
}

func (c *checker) read(what string, read func(pubsub.Cursor) (pubsub.Page, error)) []wire.ConnID {
	c.t.Helper()
	ids, err := ReadAll(read)
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		c.t.Errorf("%s: somebody is there twice: %v", what, ids)
	}
	return ids
}

func (c *checker) all() []wire.ConnID {
	c.t.Helper()
	return c.read("all connections", func(from pubsub.Cursor) (pubsub.Page, error) { return c.Audience.OfApp(c.ctx, c.app, from) })
}

// get reads a connection that somebody says is there.
func (c *checker) get(id wire.ConnID) (connected, error) {
	x, err := c.Connections.Get(c.ctx, id)
	if err != nil {
		return connected{}, fmt.Errorf("%s is in an audience, and: %w", id, err)
	}
	names, err := c.Subscriptions.TopicsOf(c.ctx, x)
	if err != nil {
		return connected{}, fmt.Errorf("topics of %s: %w", id, err)
	}
	return connected{x, slices.Sorted(slices.Values(names))}, nil
}

func (c *checker) connections() {
	c.t.Helper()
	ids := c.all()
	c.seen, c.bySubject = make([]connected, len(ids)), map[grant.Subject][]wire.ConnID{}
	failed := make([]error, len(ids))
	together(len(ids), func(i int) { c.seen[i], failed[i] = c.get(ids[i]) })
	if err := errors.Join(failed...); err != nil {
		c.t.Fatal(err)
	}
	for i, x := range c.seen {
		if x.ID != ids[i] || x.App != c.app || !c.now.Before(x.Expires) {
			c.t.Errorf("%s has the record %+v", ids[i], x)
		}
		c.bySubject[x.Subject] = append(c.bySubject[x.Subject], ids[i])
	}
	for who, want := range c.bySubject {
		got := c.read("a subject's connections", func(from pubsub.Cursor) (pubsub.Page, error) {
			return c.Audience.OfSubject(c.ctx, c.app, who, from)
		})
		if !slices.Equal(got, want) {
			c.t.Errorf("subject %s has %v, by the records it is %v", who, got, want)
		}
	}
}

func (c *checker) subscriptions() {
	c.t.Helper()
	want := map[topic.Name][]wire.ConnID{}
	for _, x := range c.seen {
		for _, n := range x.topics {
			want[n] = append(want[n], x.ID)
		}
	}
	occupied, err := c.Subscriptions.Occupied(c.ctx, c.app)
	if err != nil {
		c.t.Fatalf("occupied topics: %v", err)
	}
	for _, o := range occupied {
		got := c.read("subscribers", func(from pubsub.Cursor) (pubsub.Page, error) {
			return c.Audience.Subscribers(c.ctx, c.app, o.Topic, from)
		})
		if !slices.Equal(got, want[o.Topic]) || len(got) != o.Subscribers || len(got) == 0 {
			c.t.Errorf("topic %s has %d subscribers, %v; by their own topics they are %v", o.Topic, o.Subscribers, got, want[o.Topic])
		}
		delete(want, o.Topic)
	}
	if len(want) > 0 {
		c.t.Errorf("topics with subscribers that are not occupied: %v", want)
	}
}

func (c *checker) quotas() {
	c.t.Helper()
	n := len(c.seen)
	c.fits(pubsub.Quota{PerApp: n + 1}, "probe", pubsub.ErrAppFull)
	subjects := slices.Collect(maps.Keys(c.bySubject))
	together(len(subjects), func(i int) {
		c.fits(pubsub.Quota{PerSubject: len(c.bySubject[subjects[i]]) + 1}, subjects[i], pubsub.ErrSubjectFull)
	})
}

// fits checks that exactly one more connection of a subject fits the quota.
func (c *checker) fits(q pubsub.Quota, who grant.Subject, full error) {
	c.t.Helper()
	probes := []wire.ConnID{wire.ConnID("probe-" + who), wire.ConnID("probe-" + who + "-2")}
	for i, want := range []error{nil, full} {
		x := &pubsub.Connection{ID: probes[i], App: c.app, Subject: who, ConnectedAt: c.now, Expires: c.now.Add(time.Hour)}
		if err := c.Connections.Add(c.ctx, x, q); !is(err, want) {
			c.t.Errorf("with a quota of %+v, connection %d of subject %s: %v, want %v", q, i+1, who, err, want)
		}
	}
	if _, err := c.Connections.Remove(c.ctx, probes[0]); err != nil {
		c.t.Errorf("Remove: %v", err)
	}
	if _, err := c.Connections.Remove(c.ctx, probes[1]); !is(err, pubsub.ErrNoConnection) {
		c.t.Errorf("Remove of one that was refused: %v", err)
	}
}
