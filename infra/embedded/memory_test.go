package embedded_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/wire"
	"tacet/infra/embedded"
)

func openMemory(_ *testing.T, clock *pubsubtest.Clock) pubsubtest.Stores {
	m := embedded.NewMemory(clock.Now)
	return pubsubtest.Stores{Connections: m, Subscriptions: m, Audience: m, Rates: m}
}

func TestMemoryKeepsTheContracts(t *testing.T) {
	t.Run("connections", func(t *testing.T) { pubsubtest.TestConnections(t, openMemory) })
	t.Run("subscriptions", func(t *testing.T) { pubsubtest.TestSubscriptions(t, openMemory) })
	t.Run("audience", func(t *testing.T) { pubsubtest.TestAudience(t, openMemory) })
	t.Run("rates", func(t *testing.T) { pubsubtest.TestRates(t, openMemory) })
}

func TestOpenConnectionsAreCountedByApplication(t *testing.T) {
	clock := pubsubtest.NewClock()
	m := embedded.NewMemory(clock.Now)
	add := func(id wire.ConnID, of app.ID, life time.Duration) {
		t.Helper()
		must(t, m.Add(t.Context(), &pubsub.Connection{ID: id, App: of, Expires: clock.Now().Add(life)}, pubsub.Quota{}))
	}
	want := func(of app.ID, want int) {
		t.Helper()
		if n, err := m.CountOpen(t.Context(), of); n != want || err != nil {
			t.Errorf("%s has %d, %v; want %d", of, n, err, want)
		}
	}
	want(pubsubtest.AppA, 0)
	add("1", pubsubtest.AppA, time.Hour)
	add("1", pubsubtest.AppA, time.Hour)
	add("2", pubsubtest.AppA, 2*time.Hour)
	add("3", pubsubtest.AppB, 3*time.Hour)
	want(pubsubtest.AppA, 2)
	_, err := m.Remove(t.Context(), "1")
	must(t, err)
	want(pubsubtest.AppA, 1)
	clock.Advance(2 * time.Hour)
	want(pubsubtest.AppA, 0)
	want(pubsubtest.AppB, 1)
}

func TestEveryVerbSurvivesEveryFaultOnMemory(t *testing.T) { pubsubtest.TestService(t, openMemory) }

// What one call finds another may remove before the first has the lock. The
// window is narrow, so it is tried many times.
func TestNothingIsLeftOfAConnectionThatIsRemovedMeanwhile(t *testing.T) {
	m := embedded.NewMemory(time.Now)
	for round := range 3000 {
		c := &pubsub.Connection{ID: "one", App: pubsubtest.AppA, Subject: "ann", Expires: time.Now().Add(time.Hour)}
		must(t, m.Add(t.Context(), c, pubsub.Quota{}))
		calls := []func() error{
			func() error { return m.Subscribe(t.Context(), c, "news", 0) },
			func() error { return m.Renew(t.Context(), "one", grant.Grants{}, time.Now().Add(time.Hour)) },
			func() error { _, err := m.Remove(t.Context(), "one"); return err },
		}
		var all sync.WaitGroup
		for i := range calls {
			all.Go(func() {
				if err := calls[(i+round)%len(calls)](); err != nil && !errors.Is(err, pubsub.ErrNoConnection) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		pubsubtest.Check(t, pubsubtest.Stores{Connections: m, Subscriptions: m, Audience: m, Rates: m}, time.Now(), pubsubtest.AppA)
		due, err := m.Due(t.Context(), time.Time{}, time.Now().Add(2*time.Hour))
		occupied, _ := m.Occupied(t.Context(), pubsubtest.AppA)
		if err != nil || len(due) > 0 || len(occupied) > 0 {
			t.Fatalf("round %d left %v and %v, %v", round, due, occupied, err)
		}
	}
}

// Adding again while the first is being removed keeps the record or makes it
// anew; it must never keep it half.
func TestAddingAgainWhileRemovingKeepsAllOrNothing(t *testing.T) {
	m := embedded.NewMemory(time.Now)
	stores := pubsubtest.Stores{Connections: m, Subscriptions: m, Audience: m, Rates: m}
	for range 3000 {
		c := &pubsub.Connection{ID: "one", App: pubsubtest.AppA, Subject: "ann", Expires: time.Now().Add(time.Hour), Deadline: time.Now().Add(time.Minute)}
		must(t, m.Add(t.Context(), c, pubsub.Quota{}))
		var all sync.WaitGroup
		all.Go(func() { _, _ = m.Remove(t.Context(), "one") })
		all.Go(func() { must(t, m.Add(t.Context(), c, pubsub.Quota{PerApp: 1})) })
		all.Wait()
		pubsubtest.Check(t, stores, time.Now(), pubsubtest.AppA)
		_, absent := m.Get(t.Context(), "one")
		due, err := m.Due(t.Context(), time.Time{}, time.Now().Add(time.Hour))
		if err != nil || (len(due) == 0) != (absent != nil) {
			t.Fatalf("due are %v, %v; and the record: %v", due, err, absent)
		}
	}
}

func TestAClockThatIsSetBackSilencesNobodyForLong(t *testing.T) {
	m := embedded.NewMemory(time.Now)
	now := time.Now()
	must(t, m.Add(t.Context(), &pubsub.Connection{ID: "one", App: pubsubtest.AppA, Subject: "ann", Expires: now.Add(time.Hour)}, pubsub.Quota{}))
	for _, at := range []time.Time{now, now.Add(-time.Hour)} {
		wait, err := m.Take(t.Context(), "one", 10, at)
		if err != nil || wait > 100*time.Millisecond {
			t.Errorf("told to wait %v, %v", wait, err)
		}
	}
}
