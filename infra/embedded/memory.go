package embedded

import (
	"cmp"
	"context"
	"hash/maphash"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/topic"
	"tacet/core/wire"
)

// Memory keeps what dies with the sockets: it implements pubsub.Connections,
// Subscriptions, Audience and Rates. Every answer is one page. Make it with
// NewMemory. Safe for concurrent use; no call waits for anything but a lock,
// and none returns an error that the port does not name.
//
// Locks are taken in the order tenant, shard, clocks.
type Memory struct {
	now    func() time.Time
	seed   maphash.Seed
	shards [64]shard

	tenants  atomic.Pointer[map[app.ID]*tenant] // copied for every new one
	creating sync.Mutex

	clocks   sync.Mutex // guards both queues
	ends     queue      // by Expires
	expiries queue      // by Deadline, where there is one
	nextEnd  atomic.Int64
	sweeping sync.Mutex
}

// shard is a part of all connections, found by id alone.
type shard struct {
	sync.RWMutex
	entries map[wire.ConnID]*entry
	_       [64]byte // shards do not share a cache line
}

// NewMemory returns empty stores. now is the clock by which records expire. It
// is asked in nearly every call and costs more than the rest of most; since
// records outlive their sockets by ten minutes, one that is a second slow will
// do.
func NewMemory(now func() time.Time) *Memory {
	m := &Memory{now: now, seed: maphash.MakeSeed(), ends: queue{clock: byEnd}, expiries: queue{clock: byDeadline}}
	m.tenants.Store(&map[app.ID]*tenant{})
	m.nextEnd.Store(math.MaxInt64)
	return m
}

// Inhabited returns the applications that have connections, in no order.
func (m *Memory) Inhabited() []app.ID {
	var ids []app.ID
	for id, t := range *m.tenants.Load() {
		t.RLock()
		if len(t.everybody.ids) > 0 {
			ids = append(ids, id)
		}
		t.RUnlock()
	}
	return ids
}

// CountOpen returns how many connections an application has, now.
func (m *Memory) CountOpen(_ context.Context, of app.ID) (int, error) {
	m.expire()
	t := (*m.tenants.Load())[of]
	if t == nil {
		return 0, nil
	}
	t.RLock()
	defer t.RUnlock()
	return len(t.everybody.ids), nil
}

// Add implements pubsub.Connections.
func (m *Memory) Add(_ context.Context, c *pubsub.Connection, q pubsub.Quota) error {
	m.expire()
	for {
		if old := m.find(c.ID); old != nil {
			if m.replace(old, c) {
				return nil
			}
			m.drop(old) // it was somebody else's
		}
		if added, err := m.insert(c, q); added || err != nil {
			return err
		}
	}
}

// insert adds a connection that is new, and reports whether it was.
func (m *Memory) insert(c *pubsub.Connection, q pubsub.Quota) (bool, error) {
	t, s := m.tenant(c.App), m.shard(c.ID)
	t.Lock()
	defer t.Unlock()
	s.Lock()
	defer s.Unlock()
	switch {
	case s.entries[c.ID] != nil:
		return false, nil
	case q.PerApp > 0 && len(t.everybody.ids) >= q.PerApp:
		return false, pubsub.ErrAppFull
	case q.PerSubject > 0 && t.of(c.Subject) >= q.PerSubject:
		return false, pubsub.ErrSubjectFull
	}
	if s.entries == nil {
		s.entries = map[wire.ConnID]*entry{}
	}
	e := &entry{tenant: t}
	e.conn.Store(c)
	s.entries[c.ID] = e
	t.admit(e, c)
	m.schedule(e, c)
	return true, nil
}

// replace puts c in the place of an older record of the same connection, and
// reports whether it could.
func (m *Memory) replace(e *entry, c *pubsub.Connection) bool {
	e.tenant.Lock()
	defer e.tenant.Unlock()
	old := e.conn.Load()
	if e.gone || old.App != c.App || old.Subject != c.Subject {
		return false
	}
	e.conn.Store(c)
	m.schedule(e, c)
	return true
}

// Get implements pubsub.Connections.
func (m *Memory) Get(_ context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	m.expire()
	if e := m.find(id); e != nil {
		return e.conn.Load(), nil
	}
	return nil, pubsub.ErrNoConnection
}

// Renew implements pubsub.Connections.
func (m *Memory) Renew(_ context.Context, id wire.ConnID, grants grant.Grants, deadline time.Time) error {
	m.expire()
	e := m.find(id)
	if e == nil {
		return pubsub.ErrNoConnection
	}
	e.tenant.Lock()
	defer e.tenant.Unlock()
	if e.gone {
		return pubsub.ErrNoConnection
	}
	c := *e.conn.Load()
	c.Grants, c.Deadline = grants, deadline
	e.conn.Store(&c)
	m.schedule(e, &c)
	return nil
}

// Remove implements pubsub.Connections.
func (m *Memory) Remove(_ context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	m.expire()
	if e := m.find(id); e != nil && m.drop(e) {
		return e.conn.Load(), nil
	}
	return nil, pubsub.ErrNoConnection
}

// Due implements pubsub.Connections. When nothing is due it looks at one
// connection.
func (m *Memory) Due(_ context.Context, after, until time.Time) ([]*pubsub.Connection, error) {
	m.expire()
	m.clocks.Lock()
	defer m.clocks.Unlock()
	var due []*pubsub.Connection
	m.expiries.until(until.UnixMicro(), func(e *entry) {
		if c := e.conn.Load(); c.Deadline.After(after) && !c.Deadline.After(until) {
			due = append(due, c)
		}
	})
	return due, nil
}

// Subscribe implements pubsub.Subscriptions.
func (m *Memory) Subscribe(_ context.Context, c *pubsub.Connection, n topic.Name, limit int) error {
	m.expire()
	e := m.findOf(c)
	if e == nil {
		return pubsub.ErrNoConnection
	}
	e.tenant.Lock()
	defer e.tenant.Unlock()
	if e.gone {
		return pubsub.ErrNoConnection
	}
	return e.tenant.subscribe(e, n, limit)
}

// Unsubscribe implements pubsub.Subscriptions.
func (m *Memory) Unsubscribe(_ context.Context, c *pubsub.Connection, n topic.Name) (bool, error) {
	m.expire()
	e := m.findOf(c)
	if e == nil {
		return false, nil
	}
	e.tenant.Lock()
	defer e.tenant.Unlock()
	return e.tenant.unsubscribe(e, n), nil
}

// TopicsOf implements pubsub.Subscriptions.
func (m *Memory) TopicsOf(_ context.Context, c *pubsub.Connection) ([]topic.Name, error) {
	m.expire()
	e := m.findOf(c)
	if e == nil {
		return nil, nil
	}
	e.tenant.RLock()
	defer e.tenant.RUnlock()
	return e.topics(), nil
}

// Occupied implements pubsub.Subscriptions.
func (m *Memory) Occupied(_ context.Context, of app.ID) ([]pubsub.TopicCount, error) {
	m.expire()
	t := (*m.tenants.Load())[of]
	if t == nil {
		return nil, nil
	}
	occupied := t.occupied()
	slices.SortFunc(occupied, func(a, b pubsub.TopicCount) int { return cmp.Compare(a.Topic, b.Topic) })
	return occupied, nil
}

// Subscribers implements pubsub.Audience.
func (m *Memory) Subscribers(_ context.Context, of app.ID, n topic.Name, _ pubsub.Cursor) (pubsub.Page, error) {
	return m.page(of, func(t *tenant) *audience { return t.topics[n] })
}

// OfSubject implements pubsub.Audience.
func (m *Memory) OfSubject(_ context.Context, of app.ID, who grant.Subject, _ pubsub.Cursor) (pubsub.Page, error) {
	return m.page(of, func(t *tenant) *audience { return t.subjects[who] })
}

// OfApp implements pubsub.Audience.
func (m *Memory) OfApp(_ context.Context, of app.ID, _ pubsub.Cursor) (pubsub.Page, error) {
	return m.page(of, func(t *tenant) *audience { return &t.everybody })
}

func (m *Memory) page(of app.ID, choose func(*tenant) *audience) (pubsub.Page, error) {
	m.expire()
	t := (*m.tenants.Load())[of]
	if t == nil {
		return pubsub.Page{}, nil
	}
	t.RLock()
	defer t.RUnlock()
	if a := choose(t); a != nil {
		return pubsub.Page{IDs: a.snapshot()}, nil
	}
	return pubsub.Page{}, nil
}

// Take implements pubsub.Rates. A connection that is not known has no rate to
// overstep.
func (m *Memory) Take(_ context.Context, id wire.ConnID, perSecond int, now time.Time) (time.Duration, error) {
	if e := m.find(id); e != nil {
		return e.allowance.take(perSecond, now), nil
	}
	return 0, nil
}

// Tell implements pubsub.Rates. Nothing is told of a connection that is not
// known.
func (m *Memory) Tell(id wire.ConnID, perSecond int, now time.Time) bool {
	e := m.find(id)
	return e != nil && e.told.take(perSecond, now) == 0
}

func (m *Memory) shard(id wire.ConnID) *shard {
	return &m.shards[maphash.String(m.seed, string(id))%uint64(len(m.shards))]
}

func (m *Memory) find(id wire.ConnID) *entry {
	s := m.shard(id)
	s.RLock()
	e := s.entries[id]
	s.RUnlock()
	return e
}

// findOf is find for a caller who has a record of the connection, which must
// not be that of another application.
func (m *Memory) findOf(c *pubsub.Connection) *entry {
	if e := m.find(c.ID); e != nil && e.conn.Load().App == c.App {
		return e
	}
	return nil
}

// tenant returns the application's part of the store, made if need be. It is
// kept for good: there are as many as applications that ever had a connection.
func (m *Memory) tenant(id app.ID) *tenant {
	if t := (*m.tenants.Load())[id]; t != nil {
		return t
	}
	m.creating.Lock()
	defer m.creating.Unlock()
	all := *m.tenants.Load()
	if t := all[id]; t != nil {
		return t
	}
	grown := make(map[app.ID]*tenant, len(all)+1)
	for k, v := range all {
		grown[k] = v
	}
	t := &tenant{}
	grown[id] = t
	m.tenants.Store(&grown)
	return t
}

// drop removes a connection from everywhere, and reports whether it was there.
func (m *Memory) drop(e *entry) bool {
	e.tenant.Lock()
	defer e.tenant.Unlock()
	if e.gone {
		return false
	}
	e.gone = true
	c := e.conn.Load()
	s := m.shard(c.ID)
	s.Lock()
	delete(s.entries, c.ID)
	if len(s.entries) == 0 {
		s.entries = nil // maps do not shrink by themselves
	}
	s.Unlock()
	e.tenant.dismiss(e)
	m.clocks.Lock()
	m.ends.remove(e)
	m.expiries.remove(e)
	m.clocks.Unlock()
	return true
}

// schedule notes when e ends and when its token does.
func (m *Memory) schedule(e *entry, c *pubsub.Connection) {
	m.clocks.Lock()
	defer m.clocks.Unlock()
	end := c.Expires.UnixMicro()
	m.ends.put(e, end)
	if end < m.nextEnd.Load() {
		m.nextEnd.Store(end)
	}
	if c.Deadline.IsZero() {
		m.expiries.remove(e)
	} else {
		m.expiries.put(e, c.Deadline.UnixMicro())
	}
}

// expire drops what must not be seen any more. Every call begins with it, and
// as good as always it ends with one comparison: records outlive sockets.
func (m *Memory) expire() {
	if now := m.now().UnixMicro(); now >= m.nextEnd.Load() {
		m.sweep(now)
	}
}

// sweep moves nextEnd when it is done and not before, so that nobody reads
// past it what is still being dropped.
func (m *Memory) sweep(now int64) {
	m.sweeping.Lock()
	defer m.sweeping.Unlock()
	for {
		m.clocks.Lock()
		e := m.ends.first()
		if e == nil || e.when[byEnd] > now {
			m.nextEnd.Store(math.MaxInt64)
			if e != nil {
				m.nextEnd.Store(e.when[byEnd])
			}
			m.clocks.Unlock()
			return
		}
		m.clocks.Unlock()
		m.drop(e)
	}
}
