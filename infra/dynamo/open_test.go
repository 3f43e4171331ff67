package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/dynamo"
)

// Counting costs a query for each of four partitions, however many ask within
// the time for which the number is good.
func TestOpenConnectionsAreCounted(t *testing.T) {
	m, clock, names := new(meter), pubsubtest.NewClock(), local.Create(t, "realtime")
	begun := clock.Now()
	r := dynamo.NewRealtime(client(local.Endpoint, m.called), names["realtime"], clock.Now)
	want := func(n int, cost string) {
		t.Helper()
		var got int
		calls := m.during(func() {
			var err error
			got, err = r.CountOpen(t.Context(), pubsubtest.AppA)
			must(t, err)
		})
		if got != n || bill(calls) != cost {
			t.Errorf("after %v there are %d, for %q, want %d for %q", clock.Now().Sub(begun), got, bill(calls), n, cost)
		}
	}
	add := func(id string, life time.Duration) {
		t.Helper()
		c := &pubsub.Connection{ID: connID(id), App: pubsubtest.AppA, Subject: grant.Subject(id), ConnectedAt: begun, Expires: begun.Add(life)}
		must(t, r.Add(t.Context(), c, pubsub.Quota{}))
	}
	const counted = "4 Query realtime"
	want(0, counted)
	want(0, counted) // nothing is remembered of nothing: the first who comes counts
	for i := range 4 {
		add(fmt.Sprint("a", i), time.Hour)
	}
	add("short", time.Minute)
	want(5, counted)
	_, err := r.Remove(t.Context(), "a0")
	must(t, err)
	clock.Advance(49 * time.Millisecond)
	want(5, "")
	clock.Advance(time.Millisecond)
	want(4, counted)
	clock.Advance(time.Minute)
	want(3, counted) // one has expired
}
