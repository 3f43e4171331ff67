package pubsubtest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/wire"
)

// TestConnections holds stores against the contract of pubsub.Connections.
func TestConnections(t *testing.T, open OpenStores) {
	for _, c := range []struct {
		name string
		test func(*room)
	}{
		{"what was added is read as it was", (*room).addedIsRead},
		{"what is absent is said to be", (*room).absentIsSaid},
		{"removing returns what was there, once", (*room).removedOnce},
		{"adding again replaces and counts once", (*room).addedAgain},
		{"quotas of the application hold", (*room).quotaOfApp},
		{"quotas of a subject hold", (*room).quotaOfSubject},
		{"a refusal leaves nothing", (*room).refusalLeavesNothing},
		{"an expired connection is absent from every answer", (*room).expired},
		{"an expired connection frees its quota", (*room).expiredFreesQuota},
		{"renewing replaces grants and deadline only", (*room).renewed},
		{"renewing does not change what was read before", (*room).renewedAside},
		{"renewing brings nothing back", (*room).renewedNobody},
		{"due are those with a deadline in the span", (*room).due},
		{"concurrent adds never exceed the quota", (*room).raceForQuota},
		{"concurrent adds of one connection count once", (*room).raceForOne},
		{"concurrent removes return it once", (*room).raceToRemove},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(open.room(t)) })
	}
}

func (r *room) addedIsRead() {
	grants, err := grant.NewGrants([]string{grant.Write("*"), grant.Read("secure/*")})
	r.want(err, nil)
	c := r.connection(AppA, "ann", "Con-1=")
	c.Grants, c.Deadline = grants, r.clock.Now().Add(90*time.Second)
	r.want(c.Address.UnmarshalText([]byte("truncate/1/203.0.113.0/24")), nil)
	c.Country = "DE"
	r.want(r.Connections.Add(r.ctx, c, noQuota), nil)
	got, err := r.Connections.Get(r.ctx, c.ID)
	r.want(err, nil)
	r.wantSame(got, c)

	bare := r.add("bob", "con-2") // no grants, address, country and deadline
	got, err = r.Connections.Get(r.ctx, bare.ID)
	r.want(err, nil)
	r.wantSame(got, bare)
}

func (r *room) wantSame(got, want *pubsub.Connection) {
	r.t.Helper()
	if got.ID != want.ID || got.App != want.App || got.Subject != want.Subject || got.Grants != want.Grants ||
		got.Address.Method() != want.Address.Method() || got.Address.Value() != want.Address.Value() || got.Country != want.Country ||
		!got.ConnectedAt.Equal(want.ConnectedAt) || !got.Deadline.Equal(want.Deadline) || !got.Expires.Equal(want.Expires) {
		r.t.Errorf("got %+v, want %+v", got, want)
	}
}

func (r *room) absentIsSaid() {
	r.add("ann", "other")
	r.wantAbsent(nobody)
	r.want(r.Connections.Renew(r.ctx, nobody, grant.Grants{}, time.Time{}), pubsub.ErrNoConnection)
	_, err := r.Connections.Remove(r.ctx, nobody)
	r.want(err, pubsub.ErrNoConnection)
}

func (r *room) removedOnce() {
	c := r.add("ann", "one")
	got, err := r.Connections.Remove(r.ctx, c.ID)
	r.want(err, nil)
	r.wantSame(got, c)
	_, err = r.Connections.Remove(r.ctx, c.ID)
	r.want(err, pubsub.ErrNoConnection)
	r.wantAbsent(c.ID)
	r.wantApp(AppA)
	r.wantSubject(AppA, "ann")
}

func (r *room) addedAgain() {
	full := pubsub.Quota{PerApp: 2, PerSubject: 1}
	c := r.connection(AppA, "ann", "one")
	r.want(r.Connections.Add(r.ctx, c, full), nil)
	other := *c
	other.Deadline = r.clock.Now().Add(time.Minute)
	other.Expires = c.Expires.Add(time.Minute)
	r.want(r.Connections.Add(r.ctx, &other, full), nil) // although ann has all hers
	got, err := r.Connections.Get(r.ctx, "one")
	r.want(err, nil)
	r.wantSame(got, &other)
	r.wantApp(AppA, "one")
	r.wantSubject(AppA, "ann", "one")

	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "bob", "two"), full), nil)
	r.want(r.Connections.Add(r.ctx, &other, full), nil) // although the application has all its
	r.remove("one")
	r.wantApp(AppA, "two")
	r.want(r.Connections.Add(r.ctx, c, full), nil) // the place was one place
}

func (r *room) quotaOfApp() {
	q := pubsub.Quota{PerApp: 3}
	for i := range 3 {
		r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", conn(i)), q), nil)
	}
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "more"), q), pubsub.ErrAppFull)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "bob", "more"), q), pubsub.ErrAppFull)
	r.want(r.Connections.Add(r.ctx, r.connection(AppB, "ann", "elsewhere"), q), nil)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "raised"), pubsub.Quota{PerApp: 4}), nil)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "lowered"), pubsub.Quota{PerApp: 1}), pubsub.ErrAppFull)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "free"), noQuota), nil)
	r.remove("free")
	r.remove("raised")
	_, err := r.Connections.Remove(r.ctx, "raised") // which frees one place, not two
	r.want(err, pubsub.ErrNoConnection)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "more"), q), pubsub.ErrAppFull)
	r.remove(conn(0))
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "more"), q), nil)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "again"), q), pubsub.ErrAppFull)
}

func (r *room) quotaOfSubject() {
	q := pubsub.Quota{PerSubject: 2}
	for i := range 2 {
		r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", conn(i)), q), nil)
	}
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "more"), q), pubsub.ErrSubjectFull)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "bob", "bobs"), q), nil)
	r.want(r.Connections.Add(r.ctx, r.connection(AppB, "ann", "elsewhere"), q), nil)
	r.remove(conn(0))
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "more"), q), nil)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "again"), q), pubsub.ErrSubjectFull)
}

func (r *room) refusalLeavesNothing() {
	r.add("ann", "one")
	for _, q := range []pubsub.Quota{{PerApp: 1}, {PerSubject: 1}} {
		err := r.Connections.Add(r.ctx, r.connection(AppA, "ann", "more"), q)
		if err == nil {
			r.t.Fatalf("with quota %+v a second connection was let in", q)
		}
		r.wantAbsent("more")
		r.wantApp(AppA, "one")
		r.wantSubject(AppA, "ann", "one")
	}
	// The refused one took no place either.
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "two"), pubsub.Quota{PerApp: 2, PerSubject: 2}), nil)
}

func (r *room) expired() {
	brief := r.connection(AppA, "ann", "brief")
	brief.Expires, brief.Deadline = r.clock.Now().Add(time.Minute), r.clock.Now().Add(30*time.Second)
	r.want(r.Connections.Add(r.ctx, brief, noQuota), nil)
	long := r.add("ann", "long")
	r.subscribe(brief, "news")
	r.subscribe(long, "news")

	r.clock.Advance(time.Minute - time.Millisecond)
	r.wantSubscribers(AppA, "news", "brief", "long")
	r.clock.Advance(time.Millisecond)

	r.wantSubscribers(AppA, "news", "long")
	r.wantApp(AppA, "long")
	r.wantSubject(AppA, "ann", "long")
	r.wantOccupied(AppA, pubsub.TopicCount{Topic: "news", Subscribers: 1})
	r.wantAbsent("brief")
	r.want(r.Connections.Renew(r.ctx, "brief", grant.Grants{}, time.Time{}), pubsub.ErrNoConnection)
	r.want(r.Subscriptions.Subscribe(r.ctx, brief, "late", 0), pubsub.ErrNoConnection)
	r.wantDue(time.Time{}, r.clock.Now().Add(forever))
	_, err := r.Connections.Remove(r.ctx, "brief")
	r.want(err, pubsub.ErrNoConnection)
	r.wantOccupied(AppA, pubsub.TopicCount{Topic: "news", Subscribers: 1})
}

func (r *room) expiredFreesQuota() {
	q := pubsub.Quota{PerApp: 2, PerSubject: 1}
	for _, id := range []wire.ConnID{"ann", "bob"} {
		c := r.connection(AppA, grant.Subject(id), id)
		c.Expires = r.clock.Now().Add(time.Minute)
		r.want(r.Connections.Add(r.ctx, c, q), nil)
	}
	r.clock.Advance(time.Minute)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "ann2"), q), nil)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "bob", "bob2"), q), nil)
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "cid", "cid2"), q), pubsub.ErrAppFull)
}

func (r *room) renewed() {
	c := r.add("ann", "one")
	r.subscribe(c, "news")
	grants, err := grant.NewGrants([]string{grant.Write("a*")})
	r.want(err, nil)
	deadline := r.clock.Now().Add(time.Hour)
	r.want(r.Connections.Renew(r.ctx, "one", grants, deadline), nil)
	want := *c
	want.Grants, want.Deadline = grants, deadline
	got, err := r.Connections.Get(r.ctx, "one")
	r.want(err, nil)
	r.wantSame(got, &want)
	r.wantSubscribers(AppA, "news", "one")
	r.wantApp(AppA, "one")

	r.want(r.Connections.Renew(r.ctx, "one", grant.Grants{}, time.Time{}), nil)
	got, err = r.Connections.Get(r.ctx, "one")
	r.want(err, nil)
	r.wantSame(got, c)
}

func (r *room) renewedAside() {
	added := r.add("ann", "one")
	before, err := r.Connections.Get(r.ctx, "one")
	r.want(err, nil)
	was := *before
	r.want(r.Connections.Renew(r.ctx, "one", grant.Grants{}, r.clock.Now().Add(time.Hour)), nil)
	if *before != was || !added.Deadline.IsZero() {
		r.t.Error("renewing changed a record that somebody was reading")
	}
}

func (r *room) renewedNobody() {
	r.add("ann", "one")
	r.remove("one")
	r.want(r.Connections.Renew(r.ctx, "one", grant.Grants{}, time.Time{}), pubsub.ErrNoConnection)
	r.wantAbsent("one")
	r.wantApp(AppA)
}

func (r *room) wantDue(after, until time.Time, want ...wire.ConnID) {
	r.t.Helper()
	due, err := r.Connections.Due(r.ctx, after, until)
	r.want(err, nil)
	var got []wire.ConnID
	for _, c := range due {
		got = append(got, c.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.t.Errorf("due in (%v, %v]: %v, want %v", after, until, got, want)
	}
}

func (r *room) due() {
	start := r.clock.Now()
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	for id, seconds := range map[wire.ConnID]float64{"d10": 10, "d20": 20, "d20b": 20, "d30x": 30.001} {
		c := r.connection(AppA, "ann", wire.ConnID(id))
		c.Deadline = at(seconds)
		r.want(r.Connections.Add(r.ctx, c, noQuota), nil)
	}
	r.addTo(AppB, "bob", "never")
	r.wantDue(time.Time{}, at(9.999))
	r.wantDue(time.Time{}, at(10), "d10")
	r.wantDue(at(10), at(20), "d20", "d20b")
	r.wantDue(at(20), at(30))
	r.wantDue(at(30), at(30.001), "d30x")
	r.wantDue(at(30.001), at(3600))
	r.wantDue(time.Time{}, start.Add(forever), "d10", "d20", "d20b", "d30x")

	r.want(r.Connections.Renew(r.ctx, "d10", grant.Grants{}, at(25)), nil)
	r.want(r.Connections.Renew(r.ctx, "d20", grant.Grants{}, time.Time{}), nil)
	r.want(r.Connections.Renew(r.ctx, "never", grant.Grants{}, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)), nil)
	r.remove("d20b")
	r.wantDue(time.Time{}, start.Add(forever), "d10", "d30x")
	r.wantDue(at(24), at(25), "d10")
	due, err := r.Connections.Due(r.ctx, at(24), at(25))
	r.want(err, nil)
	if len(due) == 1 && !due[0].Deadline.Equal(at(25)) {
		r.t.Errorf("due with the deadline %v, want %v", due[0].Deadline, at(25))
	}
}

func conn(i int) wire.ConnID { return wire.ConnID(fmt.Sprintf("conn-%03d", i)) }

// together runs f(0) to f(n-1) at the same time.
func together(n int, f func(int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			f(i)
		})
	}
	close(begin)
	all.Wait()
}

func (r *room) raceForQuota() {
	const quota, contenders = 10, 64
	for _, q := range []pubsub.Quota{{PerApp: quota}, {PerSubject: quota}} {
		var mu sync.Mutex
		var in []wire.ConnID
		together(contenders, func(i int) {
			id := wire.ConnID(fmt.Sprintf("%d-%d-%d", q.PerApp, q.PerSubject, i))
			err := r.Connections.Add(r.ctx, r.connection(AppA, "ann", id), q)
			if err == nil {
				mu.Lock()
				in = append(in, id)
				mu.Unlock()
			}
		})
		if len(in) > quota {
			r.t.Fatalf("%d connections were let in, the quota is %d", len(in), quota)
		}
		r.wantApp(AppA, in...)
		// Whoever lost a race may have been turned away; the places are there.
		for i := len(in); i < quota; i++ {
			id := wire.ConnID(fmt.Sprintf("late-%d", i))
			r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", id), q), nil)
			in = append(in, id)
		}
		if err := r.Connections.Add(r.ctx, r.connection(AppA, "ann", "one-more"), q); err == nil {
			r.t.Fatal("one more than the quota was let in")
		}
		for _, id := range in {
			r.remove(id)
		}
	}
}

func (r *room) raceForOne() {
	q := pubsub.Quota{PerApp: 2, PerSubject: 2}
	together(16, func(int) {
		if err := r.Connections.Add(r.ctx, r.connection(AppA, "ann", "one"), q); err != nil {
			r.t.Errorf("adding again: %v", err)
		}
	})
	r.wantApp(AppA, "one")
	r.want(r.Connections.Add(r.ctx, r.connection(AppA, "ann", "two"), q), nil)
	r.remove("one")
	r.wantApp(AppA, "two")
	r.wantSubject(AppA, "ann", "two")
}

func (r *room) raceToRemove() {
	c := r.add("ann", "one")
	r.subscribe(c, "news")
	var mu sync.Mutex
	removed := 0
	together(16, func(int) {
		if _, err := r.Connections.Remove(r.ctx, "one"); err == nil {
			mu.Lock()
			removed++
			mu.Unlock()
		}
	})
	if removed != 1 {
		r.t.Errorf("removed %d times", removed)
	}
	r.wantSubscribers(AppA, "news")
	r.want(r.Connections.Add(r.ctx, c, pubsub.Quota{PerApp: 1}), nil)
}
