package pubsubtest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
)

// Memory is all stores at once, as plain as can be: maps, one lock, and a walk
// through everything for each question. It fails the test when a caller does
// what no caller may. Its pages are small, and some are empty.
type Memory struct {
	t     testing.TB
	clock *Clock

	mu            sync.Mutex
	apps          map[app.ID]*app.App
	keys          map[app.ID]grant.Slots
	connections   map[wire.ConnID]pubsub.Connection
	subscriptions map[subscription]bool
	buckets       map[string]bucket
	records       []telemetry.Record
	secrets       map[privacy.Day]privacy.Secret
	lent          []lent
}

type subscription struct {
	id wire.ConnID
	on topic.Name
}

// bucket is how many seconds' worth of something is used up.
type bucket struct {
	level float64
	at    time.Time
}

// lent is what a caller was given and must not change.
type lent struct{ given, was *pubsub.Connection }

// NewMemory returns an empty model that lives by the clock.
func NewMemory(t testing.TB, clock *Clock) *Memory {
	return &Memory{
		t: t, clock: clock,
		apps: map[app.ID]*app.App{}, keys: map[app.ID]grant.Slots{}, connections: map[wire.ConnID]pubsub.Connection{}, subscriptions: map[subscription]bool{},
		buckets: map[string]bucket{}, secrets: map[privacy.Day]privacy.Secret{},
	}
}

// Stores returns the model as Stores.
func (m *Memory) Stores() Stores { return Stores{m, m, m, m} }

// Put adds or replaces an application and its keys.
func (m *Memory) Put(a *app.App, keys grant.Slots) {
	defer m.lock()()
	m.apps[a.ID], m.keys[a.ID] = a, keys
}

// Records returns the events recorded so far.
func (m *Memory) Records() []telemetry.Record {
	defer m.lock()()
	return slices.Clone(m.records)
}

// CheckLoans fails the test if anybody changed what was lent to them.
func (m *Memory) CheckLoans() {
	m.t.Helper()
	defer m.lock()()
	for _, l := range m.lent {
		if *l.given != *l.was {
			m.t.Errorf("a caller changed the connection %s that it was given", l.was.ID)
		}
	}
}

// lock takes the lock, drops what has expired, and returns how to unlock.
func (m *Memory) lock() func() {
	m.mu.Lock()
	now := m.clock.Now()
	for id, c := range m.connections {
		if !now.Before(c.Expires) {
			m.forget(id)
		}
	}
	return m.mu.Unlock
}

func (m *Memory) forget(id wire.ConnID) {
	delete(m.connections, id)
	delete(m.buckets, string(id))
	delete(m.buckets, told+string(id))
	maps.DeleteFunc(m.subscriptions, func(s subscription, _ bool) bool { return s.id == id })
}

// must fails the test when a caller breaks its half of a contract.
func (m *Memory) must(ok bool, format string, args ...any) {
	m.t.Helper()
	if !ok {
		m.t.Errorf("a caller broke the contract: "+format, args...)
	}
}

func (m *Memory) lend(c pubsub.Connection) *pubsub.Connection {
	was := c
	m.lent = append(m.lent, lent{&c, &was})
	return &c
}

// App implements pubsub.Apps.
func (m *Memory) App(_ context.Context, id app.ID) (*app.App, error) {
	defer m.lock()()
	if a := m.apps[id]; a != nil {
		return a, nil
	}
	return nil, pubsub.ErrNoApp
}

// Ring implements pubsub.Apps.
func (m *Memory) Ring(_ context.Context, of *app.App) (*grant.Ring, error) {
	defer m.lock()()
	m.must(of != nil, "the keys of no application")
	return m.keys[of.ID].Ring(), nil
}

// Add implements pubsub.Connections.
func (m *Memory) Add(_ context.Context, c *pubsub.Connection, q pubsub.Quota) error {
	defer m.lock()()
	m.must(c.ID != "" && !strings.Contains(string(c.ID), "."), "a connection with the id %q", c.ID)
	m.must(c.App != "" && c.Subject != "", "a connection of nobody")
	m.must(c.Expires.After(m.clock.Now()), "a connection that has expired before it began")
	m.must(q.PerApp >= 0 && q.PerSubject >= 0, "a negative quota")
	perApp, perSubject := 0, 0
	for _, other := range m.connections {
		if other.App == c.App && other.ID != c.ID {
			perApp++
			if other.Subject == c.Subject {
				perSubject++
			}
		}
	}
	old, again := m.connections[c.ID]
	switch {
	case again && old.App == c.App && old.Subject == c.Subject:
	case q.PerApp > 0 && perApp >= q.PerApp:
		return pubsub.ErrAppFull
	case q.PerSubject > 0 && perSubject >= q.PerSubject:
		return pubsub.ErrSubjectFull
	case again:
		m.forget(c.ID)
	}
	m.connections[c.ID] = *c
	return nil
}

// CountOpen returns how many connections an application has.
func (m *Memory) CountOpen(_ context.Context, of app.ID) (n int, _ error) {
	defer m.lock()()
	for _, c := range m.connections {
		if c.App == of {
			n++
		}
	}
	return n, nil
}

// Get implements pubsub.Connections.
func (m *Memory) Get(_ context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	defer m.lock()()
	c, ok := m.connections[id]
	if !ok {
		return nil, pubsub.ErrNoConnection
	}
	return m.lend(c), nil
}

// Renew implements pubsub.Connections.
func (m *Memory) Renew(_ context.Context, id wire.ConnID, grants grant.Grants, deadline time.Time) error {
	defer m.lock()()
	c, ok := m.connections[id]
	if !ok {
		return pubsub.ErrNoConnection
	}
	c.Grants, c.Deadline = grants, deadline
	m.connections[id] = c
	return nil
}

// Remove implements pubsub.Connections.
func (m *Memory) Remove(_ context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	defer m.lock()()
	c, ok := m.connections[id]
	if !ok {
		return nil, pubsub.ErrNoConnection
	}
	m.forget(id)
	return m.lend(c), nil
}

// Due implements pubsub.Connections.
func (m *Memory) Due(_ context.Context, after, until time.Time) ([]*pubsub.Connection, error) {
	defer m.lock()()
	m.must(!until.Before(after), "Due in (%v, %v]", after, until)
	var due []*pubsub.Connection
	for _, c := range m.connections {
		if d := c.Deadline; !d.IsZero() && d.After(after) && !d.After(until) {
			due = append(due, m.lend(c))
		}
	}
	return due, nil
}

// Subscribe implements pubsub.Subscriptions.
func (m *Memory) Subscribe(_ context.Context, c *pubsub.Connection, n topic.Name, limit int) error {
	defer m.lock()()
	m.must(limit >= 0, "a negative limit of topics")
	m.mustBeName(n)
	m.must(n != topic.Main && n.Kind() != topic.Priv, "subscribing to %s, which nobody can or everybody has", n)
	if _, ok := m.connections[c.ID]; !ok {
		return pubsub.ErrNoConnection
	}
	s := subscription{c.ID, n}
	if !m.subscriptions[s] && limit > 0 && len(m.topicsOf(c.ID)) >= limit {
		return pubsub.ErrTooManyTopics
	}
	m.subscriptions[s] = true
	return nil
}

func (m *Memory) mustBeName(n topic.Name) {
	m.t.Helper()
	_, err := topic.Parse(string(n))
	m.must(err == nil, "a topic called %q", n)
}

// Unsubscribe implements pubsub.Subscriptions.
func (m *Memory) Unsubscribe(_ context.Context, c *pubsub.Connection, n topic.Name) (bool, error) {
	defer m.lock()()
	m.mustBeName(n)
	s := subscription{c.ID, n}
	was := m.subscriptions[s]
	delete(m.subscriptions, s)
	return was, nil
}

// TopicsOf implements pubsub.Subscriptions.
func (m *Memory) TopicsOf(_ context.Context, c *pubsub.Connection) ([]topic.Name, error) {
	defer m.lock()()
	return m.topicsOf(c.ID), nil
}

func (m *Memory) topicsOf(id wire.ConnID) []topic.Name {
	var names []topic.Name
	for s := range m.subscriptions {
		if s.id == id {
			names = append(names, s.on)
		}
	}
	return names
}

// Occupied implements pubsub.Subscriptions.
func (m *Memory) Occupied(_ context.Context, of app.ID) ([]pubsub.TopicCount, error) {
	defer m.lock()()
	counts := map[topic.Name]int{}
	for s := range m.subscriptions {
		if m.connections[s.id].App == of {
			counts[s.on]++
		}
	}
	var occupied []pubsub.TopicCount
	for n, count := range counts {
		occupied = append(occupied, pubsub.TopicCount{Topic: n, Subscribers: count})
	}
	slices.SortFunc(occupied, func(a, b pubsub.TopicCount) int { return cmp.Compare(a.Topic, b.Topic) })
	return occupied, nil
}

// Subscribers implements pubsub.Audience.
func (m *Memory) Subscribers(_ context.Context, of app.ID, n topic.Name, from pubsub.Cursor) (pubsub.Page, error) {
	m.mustBeName(n)
	return m.page(from, func(c pubsub.Connection) bool { return c.App == of && m.subscriptions[subscription{c.ID, n}] })
}

// OfSubject implements pubsub.Audience.
func (m *Memory) OfSubject(_ context.Context, of app.ID, who grant.Subject, from pubsub.Cursor) (pubsub.Page, error) {
	return m.page(from, func(c pubsub.Connection) bool { return c.App == of && c.Subject == who })
}

// OfApp implements pubsub.Audience.
func (m *Memory) OfApp(_ context.Context, of app.ID, from pubsub.Cursor) (pubsub.Page, error) {
	return m.page(from, func(c pubsub.Connection) bool { return c.App == of })
}

// pageSize is small, so that whoever forgets to turn the page is found out.
const pageSize = 2

// page returns a page of those that f takes, by ascending id. Its cursor is
// the last id seen. The page between "" and the first is empty.
func (m *Memory) page(from pubsub.Cursor, f func(pubsub.Connection) bool) (pubsub.Page, error) {
	defer m.lock()()
	var ids []wire.ConnID
	for id, c := range m.connections {
		if f(c) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if from == "" {
		if len(ids) <= pageSize {
			return pubsub.Page{IDs: ids}, nil
		}
		return pubsub.Page{Next: "after "}, nil
	}
	after, ok := strings.CutPrefix(string(from), "after ")
	m.must(ok, "the cursor %q, which nobody handed out", from)
	ids = slices.DeleteFunc(ids, func(id wire.ConnID) bool { return string(id) <= after })
	if len(ids) <= pageSize {
		return pubsub.Page{IDs: ids}, nil
	}
	return pubsub.Page{IDs: ids[:pageSize], Next: pubsub.Cursor("after " + ids[pageSize-1])}, nil
}

// Take implements pubsub.Rates.
func (m *Memory) Take(_ context.Context, id wire.ConnID, perSecond int, now time.Time) (time.Duration, error) {
	defer m.lock()()
	m.must(perSecond > 0, "a rate of %d messages a second", perSecond)
	return m.take(string(id), float64(perSecond), now), nil
}

// Tell implements pubsub.Rates.
func (m *Memory) Tell(id wire.ConnID, perSecond int, now time.Time) bool {
	defer m.lock()()
	m.must(perSecond > 0, "a rate of %d refusals a second", perSecond)
	return m.take(told+string(id), float64(perSecond), now) == 0
}

// told begins the names of buckets of refusals.
const told = "told "

func (m *Memory) take(name string, rate float64, now time.Time) time.Duration {
	b, ok := m.buckets[name]
	if !ok {
		b = bucket{0, now}
	}
	b.level = max(0, b.level-now.Sub(b.at).Seconds())
	b.at = now
	defer func() { m.buckets[name] = b }()
	const dust = 1e-6 // of rounding
	if over := b.level + 1/rate - 1; over > dust {
		return time.Duration(over * float64(time.Second))
	}
	b.level += 1 / rate
	return 0
}

// Record implements pubsub.Recorder.
func (m *Memory) Record(_ context.Context, r telemetry.Record, _ bool) error {
	defer m.lock()()
	m.must(r.App != "" && r.Topic != "" && !r.At.IsZero(), "an event without application, topic or time: %+v", r)
	m.must(r.Expires.After(r.At), "an event that expires before it happens")
	m.must(!strings.HasPrefix(string(r.Topic), "priv/") || r.Topic == privacy.PrivateTopics, "an event that names a private topic")
	m.must(r.Size >= 0 && r.Subscribers >= 0 && r.TookMicros >= 0, "an event with negative numbers")
	m.records = append(m.records, r)
	return nil
}

// CheckRecords fails the test if an event was recorded with attributes that only
// events of other kinds have.
func (m *Memory) CheckRecords() {
	m.t.Helper()
	for _, r := range m.Records() {
		m.mustBeOfItsKind(r.Event)
	}
}

func (m *Memory) mustBeOfItsKind(e telemetry.Event) {
	m.t.Helper()
	rest := telemetry.Event{Node: e.Node, App: e.App, Topic: e.Topic, At: e.At}
	switch e.Topic {
	case telemetry.TopicConnect:
		rest.ClientIP, rest.Subscribers, rest.Country = e.ClientIP, e.Subscribers, e.Country
	case telemetry.TopicDisconnect:
		rest.ClientIP, rest.Subscribers = e.ClientIP, e.Subscribers
	case telemetry.TopicError:
		rest.ClientIP, rest.Code = e.ClientIP, e.Code
		m.must(e.Code != 0, "a refusal without a code")
	default:
		rest.PublisherIP, rest.Size, rest.Subscribers, rest.TookMicros = e.PublisherIP, e.Size, e.Subscribers, e.TookMicros
	}
	m.must(rest == e, "an event of %s with attributes that such events do not have: %+v", e.Topic, e)
}

// Each implements telemetry.Events.
func (m *Memory) Each(_ context.Context, of app.ID, from, to, now time.Time, f func(telemetry.Event) error) error {
	for _, r := range m.Records() {
		if r.App == of && !r.At.Before(from) && r.At.Before(to) && r.Readable(now) {
			if err := f(r.Event); err != nil {
				return err
			}
		}
	}
	return nil
}

// Sum implements telemetry.Figures.
func (m *Memory) Sum(ctx context.Context, of app.ID, from, to time.Time, most telemetry.Span, now time.Time, add func(time.Time, *telemetry.Digest) error) error {
	return telemetry.SumEvents(ctx, m, of, from, to, now, add)
}

// Secret implements privacy.DaySecrets. Its secrets are no secrets.
func (m *Memory) Secret(_ context.Context, day privacy.Day) (privacy.Secret, error) {
	defer m.lock()()
	const grace = time.Hour
	now := m.clock.Now()
	maps.DeleteFunc(m.secrets, func(d privacy.Day, _ privacy.Secret) bool { return !now.Before((d + 1).Start().Add(grace)) })
	if now.Before(day.Start().Add(-grace)) || !now.Before((day + 1).Start().Add(grace)) {
		return privacy.Secret{}, fmt.Errorf("day %s: %w", day, privacy.ErrNoSecret)
	}
	s, ok := m.secrets[day]
	if !ok {
		var random [privacy.SecretSize]byte
		copy(random[:], "not random at all: "+strconv.Itoa(int(day)))
		s = privacy.NewSecret(random)
		m.secrets[day] = s
	}
	return s, nil
}
