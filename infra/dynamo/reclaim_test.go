package dynamo_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/topic"
	"tacet/infra/dynamo"
)

// TTL takes days; until then the names of subjects lay there of applications
// that were long deleted.
func TestWhatHasExpiredOfAnApplicationIsReclaimed(t *testing.T) {
	dynamo.Paging(t, 2)
	clock, names := pubsubtest.NewClock(), local.Create(t, "realtime")
	s := stores(client(local.Endpoint, nil), names, clock)
	add := func(id string, of app.ID, life time.Duration) *pubsub.Connection {
		c := &pubsub.Connection{ID: connID(id), App: of, Subject: "ann", Expires: clock.Now().Add(life)}
		must(t, s.Connections.Add(t.Context(), c, pubsub.Quota{}))
		for _, n := range []topic.Name{"a", "b", topic.Inbound} {
			must(t, s.Subscriptions.Subscribe(t.Context(), c, n, 0))
		}
		return c
	}
	for i := range 5 {
		add(fmt.Sprint("over", i), pubsubtest.AppA, time.Minute)
	}
	lives := add("lives", pubsubtest.AppA, time.Hour)
	add("other", pubsubtest.AppB, time.Minute)
	clock.Advance(time.Minute)

	realtime := dynamo.NewRealtime(client(local.Endpoint, nil), names["realtime"], clock.Now)
	for range 2 { // repeating it is no error
		must(t, realtime.Reclaim(context.WithoutCancel(t.Context()), pubsubtest.AppA))
	}
	left := map[string]int{}
	for _, i := range local.Scan(t, names["realtime"]) {
		text := fmt.Sprint(show(i[dynamo.Hash]), show(i[dynamo.Range]))
		for _, id := range []string{"over", "lives", "other"} {
			if strings.Contains(text, string(connID(id))) || strings.Contains(text, id) {
				left[id]++
			}
		}
	}
	if want := 2 + 2*3; left["over"] != 0 || left["lives"] != want || left["other"] != want {
		t.Errorf("left: %v", left)
	}
	if topics, err := s.Subscriptions.TopicsOf(t.Context(), lives); err != nil || len(topics) != 3 {
		t.Errorf("the topics of who lives: %v, %v", topics, err)
	}
}
