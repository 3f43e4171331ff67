package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/topic"
	"tacet/infra/dynamo"
)

func TestAudiencesOfManyPagesAreWhole(t *testing.T) {
	dynamo.Paging(t, 2)
	pubsubtest.TestAudience(t, openStores)
}

func TestACursorOfSomebodyElseIsRefused(t *testing.T) {
	s := openStores(t, pubsubtest.NewClock())
	for _, from := range []pubsub.Cursor{"x", `{"4":"a"}`, `{"-1":"a"}`} {
		if page, err := s.Audience.Subscribers(t.Context(), pubsubtest.AppA, "a", from); err == nil {
			t.Errorf("%s was answered by %v", from, page)
		}
	}
}

// More topics than a batch holds, and than a page of them would in one round.
func TestAConnectionWithManyTopicsIsRemovedWhole(t *testing.T) {
	clock, names := pubsubtest.NewClock(), local.Create(t, "realtime")
	s := stores(client(local.Endpoint, nil), names, clock)
	c := &pubsub.Connection{ID: "one", App: pubsubtest.AppA, Subject: "ann", Expires: clock.Now().Add(time.Hour)}
	must(t, s.Connections.Add(t.Context(), c, pubsub.Quota{}))
	for i := range 60 {
		must(t, s.Subscriptions.Subscribe(t.Context(), c, topic.Name(fmt.Sprint("topic/", i)), 0))
	}
	_, err := s.Connections.Remove(t.Context(), c.ID)
	must(t, err)
	if rest := local.Scan(t, names["realtime"]); len(rest) > 0 {
		t.Errorf("%d items are left, among them %v", len(rest), rest[0])
	}
}

// A large application is not counted for each of its connections.
func TestALargeQuotaIsEstimated(t *testing.T) {
	dynamo.Strict(t, 0)
	clock, m := pubsubtest.NewClock(), new(meter)
	s := stores(client(local.Endpoint, m.called), local.Create(t, "realtime"), clock)
	add := func(i, quota int, want error, cost string) {
		t.Helper()
		c := &pubsub.Connection{ID: connID(fmt.Sprint("c", i)), App: pubsubtest.AppA, Subject: "ann", Expires: clock.Now().Add(time.Hour)}
		var err error
		got := bill(m.during(func() { err = s.Connections.Add(t.Context(), c, pubsub.Quota{PerApp: quota}) }))
		if !errors.Is(err, want) || got != cost {
			t.Errorf("connection %d of %d: %v, which costs %s; want %v and %s", i, quota, err, got, want, cost)
		}
	}
	const plain, counted = "1 TransactWriteItems realtime", "1 TransactWriteItems realtime, 4 Query realtime"
	const refused = "2 TransactWriteItems realtime"
	add(0, 3, nil, counted)
	add(1, 3, nil, plain)
	add(2, 3, nil, plain)
	add(3, 3, pubsub.ErrAppFull, refused)
	if _, err := s.Connections.Get(t.Context(), "c3"); !errors.Is(err, pubsub.ErrNoConnection) {
		t.Errorf("a refused connection left a record: %v", err)
	}
	_, err := s.Connections.Remove(t.Context(), "c0")
	must(t, err)
	clock.Advance(time.Second) // near the quota it is counted every second
	add(4, 3, nil, counted)
	add(5, 3, pubsub.ErrAppFull, refused)
	clock.Advance(time.Second)
	add(6, 3, pubsub.ErrAppFull, refused+", 4 Query realtime")
	clock.Advance(time.Second)
	add(7, 100_000, nil, counted)
	clock.Advance(time.Minute - time.Second) // far from it every minute
	add(8, 100_000, nil, plain)
	clock.Advance(time.Second)
	add(9, 100_000, nil, counted)
}

func TestNoCallOutlivesItsContext(t *testing.T) {
	s := newScene(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, d := range deeds {
		t.Run(d.name, func(t *testing.T) {
			s.ctx = ended
			s.clock.Advance(10 * time.Second)
			if _, err := d.do(s); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Whoever waits for a busy table stops waiting when the time is over.
func TestBusyTablesAreNotWaitedForBeyondTheDeadline(t *testing.T) {
	for _, what := range []trouble{throttled, conflicting, unprocessed} {
		s := newScene(t)
		ctx, cancel := context.WithTimeout(t.Context(), soon)
		s.proxy.strike(-1, what)
		_, err := s.stores.Connections.Remove(ctx, "one")
		cancel()
		s.proxy.stop()
		if err == nil {
			t.Errorf("%s: it was removed", what)
		}
	}
}

func TestRatesForgetWhoIsSilent(t *testing.T) {
	var r dynamo.Rates
	now := pubsubtest.NewClock().Now()
	for i := range 3000 {
		now = now.Add(10 * time.Millisecond)
		if wait, err := r.Take(t.Context(), connID(fmt.Sprint(i)), 10, now); wait != 0 || err != nil {
			t.Fatalf("told to wait %v, %v", wait, err)
		}
	}
	if n := dynamo.Remembered(&r); n > 1001 {
		t.Errorf("%d are remembered", n)
	}
	if wait, _ := r.Take(t.Context(), "back", 10, now); wait != 0 {
		t.Error("a new one has to wait")
	}
	for range 10 { // a clock that is set back silences nobody for long
		_, _ = r.Take(t.Context(), "back", 10, now)
	}
	if wait, _ := r.Take(t.Context(), "back", 10, now.Add(-time.Hour)); wait > 100*time.Millisecond {
		t.Errorf("told to wait %v", wait)
	}
}

// With room left, a condition on the number of topics would not notice.
func TestSubscribingAgainTakesNoRoom(t *testing.T) {
	clock := pubsubtest.NewClock()
	s := openStores(t, clock)
	c := &pubsub.Connection{ID: "one", App: pubsubtest.AppA, Subject: "ann", Expires: clock.Now().Add(time.Hour)}
	must(t, s.Connections.Add(t.Context(), c, pubsub.Quota{}))
	for _, n := range []topic.Name{"a", "a", "a", "b"} {
		must(t, s.Subscriptions.Subscribe(t.Context(), c, n, 2))
	}
	for range 2 {
		if _, err := s.Subscriptions.Unsubscribe(t.Context(), c, "never"); err != nil {
			t.Error(err)
		}
	}
	if err := s.Subscriptions.Subscribe(t.Context(), c, "c", 2); !errors.Is(err, pubsub.ErrTooManyTopics) {
		t.Errorf("what was not there made room: %v", err)
	}
}

func TestWhatReplacesARecordLeavesNothingOfIt(t *testing.T) {
	clock := pubsubtest.NewClock()
	s := openStores(t, clock)
	grants, err := grant.NewGrants([]string{grant.Write("*")})
	must(t, err)
	first := pubsub.Connection{ID: "one", App: pubsubtest.AppA, Subject: "ann", Grants: grants, Deadline: clock.Now().Add(time.Minute), Expires: clock.Now().Add(time.Hour)}
	must(t, first.Address.UnmarshalText([]byte("truncate/1/203.0.113.0/24")))
	first.Country = "DE"
	must(t, s.Connections.Add(t.Context(), &first, pubsub.Quota{}))
	must(t, s.Subscriptions.Subscribe(t.Context(), &first, "a", 1))
	second := pubsub.Connection{ID: "one", App: first.App, Subject: first.Subject, ConnectedAt: clock.Now(), Expires: clock.Now().Add(time.Hour)}
	must(t, s.Connections.Add(t.Context(), &second, pubsub.Quota{PerApp: 1}))
	got, err := s.Connections.Get(t.Context(), "one")
	must(t, err)
	if *got != second {
		t.Errorf("got %+v, want %+v", *got, second)
	}
	if due, err := s.Connections.Due(t.Context(), clock.Now(), clock.Now().Add(time.Hour)); err != nil || len(due) > 0 {
		t.Errorf("due are %v, %v", due, err)
	}
	if err := s.Subscriptions.Subscribe(t.Context(), &second, "b", 1); !errors.Is(err, pubsub.ErrTooManyTopics) {
		t.Errorf("its topics were forgotten: %v", err)
	}

	// Somebody else's connection of the same id takes the first one's place.
	other := pubsub.Connection{ID: "one", App: pubsubtest.AppB, Subject: "bob", ConnectedAt: clock.Now(), Expires: clock.Now().Add(time.Hour)}
	must(t, s.Connections.Add(t.Context(), &other, pubsub.Quota{}))
	pubsubtest.Check(t, s, clock.Now(), pubsubtest.AppA)
	pubsubtest.Check(t, s, clock.Now(), pubsubtest.AppB)
	if occupied, err := s.Subscriptions.Occupied(t.Context(), pubsubtest.AppA); err != nil || len(occupied) > 0 {
		t.Errorf("the first one still has %v, %v", occupied, err)
	}
}
