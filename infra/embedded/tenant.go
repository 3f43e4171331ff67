package embedded

import (
	"slices"
	"sync"
	"sync/atomic"

	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/topic"
	"tacet/core/wire"
)

// tenant is what one application has in Memory. Its lock guards the fields and
// the seats of its entries.
type tenant struct {
	sync.RWMutex
	everybody audience
	subjects  map[grant.Subject]*audience
	topics    map[topic.Name]*audience
}

// entry is one connection.
type entry struct {
	conn      atomic.Pointer[pubsub.Connection]
	tenant    *tenant
	allowance allowance     // of messages
	told      allowance     // of refusals
	when      [clocks]int64 // microseconds since 1970
	at        [clocks]int32 // place in the queue, from 1; 0 is not there
	// seats are the entry's places in audiences: everybody, its subject, and
	// then its topics in no order.
	seats []seat
	gone  bool
}

// seat is a place in an audience.
type seat struct {
	audience *audience
	at       int32
}

// member is the way back from an audience's place to the seat.
type member struct {
	entry *entry
	seat  int32
}

// own is how many seats come before those of topics.
const own = 2

// audience is a set of connections that can be handed out without copying.
// ids is only ever appended to once it has been handed out: readers look no
// further than it reached then. A removal moves the last id into the gap, and
// copies first if anybody may be reading; so what a removal costs is never
// more than what was spent on handing out.
type audience struct {
	name    topic.Name // of a topic, else ""
	ids     []wire.ConnID
	members []member // parallel to ids
	shared  atomic.Bool
}

// snapshot returns the ids, which nobody changes any more. The tenant's lock
// is held for reading.
func (a *audience) snapshot() []wire.ConnID {
	if !a.shared.Load() {
		a.shared.Store(true)
	}
	return a.ids[:len(a.ids):len(a.ids)]
}

// join seats e in a.
func (a *audience) join(e *entry) {
	e.seats = append(e.seats, seat{a, int32(len(a.ids))})
	a.ids = append(a.ids, e.conn.Load().ID)
	a.members = append(a.members, member{e, int32(len(e.seats) - 1)})
}

// leave empties the place at, but leaves the entry's seat to the caller.
func (a *audience) leave(at int32) {
	last := len(a.ids) - 1
	roomy := cap(a.ids) > 4*last+8
	if roomy {
		a.members = slices.Clone(a.members)
	}
	if roomy || a.shared.Load() {
		a.ids = slices.Clone(a.ids)
		a.shared.Store(false)
	}
	moved := a.members[last]
	a.ids[at], a.members[at] = a.ids[last], moved
	moved.entry.seats[moved.seat].at = at
	a.ids[last], a.members[last] = "", member{}
	a.ids, a.members = a.ids[:last], a.members[:last]
}

// has reports whether e is in a, by looking at whichever has fewer places.
func (a *audience) has(e *entry) bool { return e.seatIn(a) >= 0 }

// seatIn returns the number of e's seat in a, or -1.
func (e *entry) seatIn(a *audience) int {
	if len(a.members) < len(e.seats) {
		for _, m := range a.members {
			if m.entry == e {
				return int(m.seat)
			}
		}
		return -1
	}
	return slices.IndexFunc(e.seats, func(s seat) bool { return s.audience == a })
}

func (e *entry) topics() []topic.Name {
	if e.gone {
		return nil
	}
	names := make([]topic.Name, 0, len(e.seats)-own)
	for _, s := range e.seats[own:] {
		names = append(names, s.audience.name)
	}
	return names
}

// of returns how many connections a subject has.
func (t *tenant) of(who grant.Subject) int {
	if a := t.subjects[who]; a != nil {
		return len(a.ids)
	}
	return 0
}

// admit seats a new connection with everybody and with its subject.
func (t *tenant) admit(e *entry, c *pubsub.Connection) {
	e.seats = make([]seat, 0, own)
	t.everybody.join(e)
	a := t.subjects[c.Subject]
	if a == nil {
		if t.subjects == nil {
			t.subjects = map[grant.Subject]*audience{}
		}
		a = &audience{}
		t.subjects[c.Subject] = a
	}
	a.join(e)
}

// dismiss takes a connection out of all its audiences.
func (t *tenant) dismiss(e *entry) {
	for len(e.seats) > own {
		t.giveUp(e, len(e.seats)-1)
	}
	who := e.conn.Load().Subject
	for i := range e.seats {
		e.seats[i].audience.leave(e.seats[i].at)
	}
	e.seats = nil
	if t.of(who) == 0 {
		delete(t.subjects, who)
		if len(t.subjects) == 0 {
			t.subjects = nil // maps do not shrink by themselves
		}
	}
}

func (t *tenant) subscribe(e *entry, n topic.Name, limit int) error {
	a := t.topics[n]
	switch {
	case a != nil && a.has(e):
		return nil
	case limit > 0 && len(e.seats)-own >= limit:
		return pubsub.ErrTooManyTopics
	}
	if a == nil {
		if t.topics == nil {
			t.topics = map[topic.Name]*audience{}
		}
		a = &audience{name: n}
		t.topics[n] = a
	}
	a.join(e)
	return nil
}

func (t *tenant) unsubscribe(e *entry, n topic.Name) bool {
	a := t.topics[n]
	if a == nil {
		return false
	}
	i := e.seatIn(a)
	if i < 0 {
		return false
	}
	t.giveUp(e, i)
	return true
}

// giveUp takes the topic of e's i-th seat away; the last seat takes its place.
func (t *tenant) giveUp(e *entry, i int) {
	s := e.seats[i]
	s.audience.leave(s.at)
	last := len(e.seats) - 1
	if i != last {
		e.seats[i] = e.seats[last]
		e.seats[i].audience.members[e.seats[i].at].seat = int32(i)
	}
	e.seats = e.seats[:last]
	if len(s.audience.ids) == 0 {
		delete(t.topics, s.audience.name)
		if len(t.topics) == 0 {
			t.topics = nil
		}
	}
}

func (t *tenant) occupied() []pubsub.TopicCount {
	t.RLock()
	defer t.RUnlock()
	counts := make([]pubsub.TopicCount, 0, len(t.topics))
	for n, a := range t.topics {
		counts = append(counts, pubsub.TopicCount{Topic: n, Subscribers: len(a.ids)})
	}
	return counts
}
