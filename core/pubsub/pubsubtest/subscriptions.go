package pubsubtest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"tacet/core/pubsub"
	"tacet/core/topic"
	"tacet/core/wire"
)

// TestSubscriptions holds stores against the contract of pubsub.Subscriptions.
func TestSubscriptions(t *testing.T, open OpenStores) {
	for _, c := range []struct {
		name string
		test func(*room)
	}{
		{"a subscription shows everywhere", (*room).subscriptionShows},
		{"subscribing again is no error and counts once", (*room).subscribedAgain},
		{"the limit of topics holds for each connection", (*room).limitOfTopics},
		{"unsubscribing reports whether it was there", (*room).unsubscribed},
		{"removing a connection removes its subscriptions", (*room).removedWithTopics},
		{"a late subscription leaves nothing", (*room).lateSubscription},
		{"occupied topics are sorted and counted", (*room).occupied},
		{"applications share no topics", (*room).topicsOfApps},
		{"many topics of one connection come and go", (*room).manyTopics},
		{"concurrent subscriptions never exceed the limit", (*room).raceForTopics},
		{"subscribing while being removed leaves nothing", (*room).raceAgainstRemove},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(open.room(t)) })
	}
}

func (r *room) subscriptionShows() {
	c := r.add("ann", "one")
	r.wantTopics(c)
	r.subscribe(c, "news", "secure/x")
	r.wantTopics(c, "news", "secure/x")
	r.wantSubscribers(AppA, "news", "one")
	r.wantSubscribers(AppA, "secure/x", "one")
	r.wantSubscribers(AppA, "new")
	r.wantSubscribers(AppA, "news/more")
}

func (r *room) subscribedAgain() {
	c := r.add("ann", "one")
	for range 3 {
		r.want(r.Subscriptions.Subscribe(r.ctx, c, "news", 1), nil)
	}
	r.wantTopics(c, "news")
	r.wantSubscribers(AppA, "news", "one")
	r.wantOccupied(AppA, pubsub.TopicCount{Topic: "news", Subscribers: 1})
	was, err := r.Subscriptions.Unsubscribe(r.ctx, c, "news")
	r.want(err, nil)
	if !was {
		r.t.Error("it was not there")
	}
	r.wantSubscribers(AppA, "news") // once was enough
}

func (r *room) limitOfTopics() {
	c, other := r.add("ann", "one"), r.add("ann", "two")
	for i := range 3 {
		r.want(r.Subscriptions.Subscribe(r.ctx, c, topicN(i), 3), nil)
	}
	r.want(r.Subscriptions.Subscribe(r.ctx, c, "more", 3), pubsub.ErrTooManyTopics)
	r.wantTopics(c, topicN(0), topicN(1), topicN(2))
	r.wantSubscribers(AppA, "more")
	r.want(r.Subscriptions.Subscribe(r.ctx, c, topicN(1), 3), nil)
	r.want(r.Subscriptions.Subscribe(r.ctx, other, "more", 3), nil)
	_, err := r.Subscriptions.Unsubscribe(r.ctx, c, topicN(1))
	r.want(err, nil)
	_, err = r.Subscriptions.Unsubscribe(r.ctx, c, topicN(1)) // which frees one place, not two
	r.want(err, nil)
	r.want(r.Subscriptions.Subscribe(r.ctx, c, "more", 3), nil)
	r.want(r.Subscriptions.Subscribe(r.ctx, c, "again", 3), pubsub.ErrTooManyTopics)
	r.want(r.Subscriptions.Subscribe(r.ctx, c, "unlimited", 0), nil)
	r.want(r.Subscriptions.Subscribe(r.ctx, c, "lowered", 1), pubsub.ErrTooManyTopics)
}

func (r *room) unsubscribed() {
	c, other := r.add("ann", "one"), r.add("ann", "two")
	r.subscribe(c, "news", "sport")
	r.subscribe(other, "news")
	for _, want := range []bool{true, false} {
		was, err := r.Subscriptions.Unsubscribe(r.ctx, c, "news")
		r.want(err, nil)
		if was != want {
			r.t.Errorf("it was there: %v, want %v", was, want)
		}
	}
	was, err := r.Subscriptions.Unsubscribe(r.ctx, c, "never")
	r.want(err, nil)
	if was {
		r.t.Error("a topic that it never had was there")
	}
	r.wantTopics(c, "sport")
	r.wantSubscribers(AppA, "news", "two")
}

func (r *room) removedWithTopics() {
	c, other := r.add("ann", "one"), r.add("ann", "two")
	r.subscribe(c, "news", "sport")
	r.subscribe(other, "news")
	r.remove("one")
	r.wantSubscribers(AppA, "news", "two")
	r.wantSubscribers(AppA, "sport")
	r.wantOccupied(AppA, pubsub.TopicCount{Topic: "news", Subscribers: 1})
	c = r.add("ann", "one")
	r.wantTopics(c)
}

func (r *room) lateSubscription() {
	c := r.add("ann", "one")
	r.remove("one")
	r.want(r.Subscriptions.Subscribe(r.ctx, c, "news", 0), pubsub.ErrNoConnection)
	r.want(r.Subscriptions.Subscribe(r.ctx, c, "news", 1), pubsub.ErrNoConnection)
	if was, err := r.Subscriptions.Unsubscribe(r.ctx, c, "news"); was || err != nil && !is(err, pubsub.ErrNoConnection) {
		r.t.Errorf("Unsubscribe of nobody: %v, %v", was, err)
	}
	r.wantSubscribers(AppA, "news")
	r.wantOccupied(AppA)
	c = r.add("ann", "one")
	r.wantTopics(c)
}

func (r *room) occupied() {
	r.wantOccupied(AppA)
	for i := range 3 {
		c := r.add("ann", conn(i))
		r.subscribe(c, "secure/b", "a", "Z")
		if i > 0 {
			r.subscribe(c, "a/b")
		}
	}
	r.wantOccupied(AppA,
		pubsub.TopicCount{Topic: "Z", Subscribers: 3}, pubsub.TopicCount{Topic: "a", Subscribers: 3},
		pubsub.TopicCount{Topic: "a/b", Subscribers: 2}, pubsub.TopicCount{Topic: "secure/b", Subscribers: 3})
	r.remove(conn(1))
	r.remove(conn(2))
	r.wantOccupied(AppA,
		pubsub.TopicCount{Topic: "Z", Subscribers: 1}, pubsub.TopicCount{Topic: "a", Subscribers: 1},
		pubsub.TopicCount{Topic: "secure/b", Subscribers: 1})
}

func (r *room) topicsOfApps() {
	a, b := r.addTo(AppA, "ann", "in-a"), r.addTo(AppB, "ann", "in-b")
	r.subscribe(a, "news")
	r.subscribe(b, "news", "own")
	r.wantSubscribers(AppA, "news", "in-a")
	r.wantSubscribers(AppB, "news", "in-b")
	r.wantSubscribers(AppA, "own")
	r.wantOccupied(AppA, pubsub.TopicCount{Topic: "news", Subscribers: 1})
	r.wantOccupied(NoSuch)
	r.wantSubscribers(NoSuch, "news")
	_, err := r.Subscriptions.Unsubscribe(r.ctx, a, "news")
	r.want(err, nil)
	r.wantSubscribers(AppB, "news", "in-b")
}

func topicN(i int) topic.Name { return topic.Name(fmt.Sprintf("topic/%03d", i)) }

func (r *room) manyTopics() {
	const n = 40
	c, other := r.add("ann", "one"), r.add("bob", "two")
	var left []topic.Name
	for i := range n {
		r.subscribe(c, topicN(i))
		r.subscribe(other, topicN(n-1-i))
	}
	for i := range n {
		if i%3 == 0 {
			left = append(left, topicN(i))
			continue
		}
		was, err := r.Subscriptions.Unsubscribe(r.ctx, c, topicN(i))
		r.want(err, nil)
		if !was {
			r.t.Errorf("%s was not there", topicN(i))
		}
	}
	r.wantTopics(c, left...)
	for i := range n {
		want := []wire.ConnID{"two"}
		if i%3 == 0 {
			want = append(want, "one")
		}
		r.wantSubscribers(AppA, topicN(i), want...)
	}
	r.remove("one")
	r.remove("two")
	r.wantOccupied(AppA)
}

func (r *room) raceForTopics() {
	const limit, contenders = 5, 32
	c := r.add("ann", "one")
	var mu sync.Mutex
	var in []topic.Name
	together(contenders, func(i int) {
		if err := r.Subscriptions.Subscribe(r.ctx, c, topicN(i), limit); err == nil {
			mu.Lock()
			in = append(in, topicN(i))
			mu.Unlock()
		}
	})
	if len(in) > limit {
		r.t.Fatalf("the connection got %d topics, the limit is %d", len(in), limit)
	}
	r.wantTopics(c, in...)
	for i := len(in); i < limit; i++ {
		r.want(r.Subscriptions.Subscribe(r.ctx, c, topicN(contenders+i), limit), nil)
	}
	r.want(r.Subscriptions.Subscribe(r.ctx, c, "more", limit), pubsub.ErrTooManyTopics)
}

func (r *room) raceAgainstRemove() {
	for round := range 20 {
		c := r.add("ann", conn(round))
		together(4, func(i int) {
			if i == 0 {
				if _, err := r.Connections.Remove(r.ctx, c.ID); err != nil {
					r.t.Errorf("Remove: %v", err)
				}
				return
			}
			err := r.Subscriptions.Subscribe(r.ctx, c, topicN(i), 0)
			if err != nil && !is(err, pubsub.ErrNoConnection) {
				r.t.Errorf("Subscribe: %v", err)
			}
		})
		r.wantOccupied(AppA)
		for i := range 4 {
			r.wantSubscribers(AppA, topicN(i))
		}
	}
	r.wantApp(AppA)
}

// TestAudience holds stores against the contract of pubsub.Audience.
func TestAudience(t *testing.T, open OpenStores) {
	for _, c := range []struct {
		name string
		test func(*room)
	}{
		{"a subject has its connections in each application", (*room).audienceOfSubject},
		{"an application has all its connections", (*room).audienceOfApp},
		{"every page together holds everybody once", (*room).audiencePages},
		{"what was handed out does not change", (*room).audienceStays},
		{"who stays is in every answer while others come and go", (*room).audienceUnderChurn},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(open.room(t)) })
	}
}

func (r *room) audienceOfSubject() {
	r.wantSubject(AppA, "ann")
	r.add("ann", "one")
	r.add("ann", "two")
	r.add("anna", "three")
	r.addTo(AppB, "ann", "elsewhere")
	r.wantSubject(AppA, "ann", "one", "two")
	r.wantSubject(AppA, "anna", "three")
	r.wantSubject(AppA, "an")
	r.wantSubject(AppB, "ann", "elsewhere")
	r.wantSubject(NoSuch, "ann")
	r.remove("one")
	r.wantSubject(AppA, "ann", "two")
	r.remove("two")
	r.wantSubject(AppA, "ann")
}

func (r *room) audienceOfApp() {
	r.wantApp(AppA)
	r.add("ann", "one")
	r.add("bob", "two")
	r.addTo(AppB, "ann", "elsewhere")
	r.wantApp(AppA, "one", "two")
	r.wantApp(AppB, "elsewhere")
	r.wantApp(NoSuch)
	r.remove("one")
	r.wantApp(AppA, "two")
}

func (r *room) audiencePages() {
	const n = 300
	var ids []wire.ConnID
	for i := range n {
		c := r.add("ann", conn(i))
		r.subscribe(c, "news")
		ids = append(ids, c.ID)
	}
	r.wantApp(AppA, ids...)
	r.wantSubject(AppA, "ann", ids...)
	r.wantSubscribers(AppA, "news", ids...)
	for i := 0; i < n; i += 2 {
		r.remove(conn(i))
	}
	ids = slices.DeleteFunc(ids, func(id wire.ConnID) bool { return id[len(id)-1]%2 == 0 })
	r.wantApp(AppA, ids...)
	r.wantSubject(AppA, "ann", ids...)
	r.wantSubscribers(AppA, "news", ids...)
}

func (r *room) audienceStays() {
	for i := range 8 {
		r.subscribe(r.add("ann", conn(i)), "news")
	}
	reads := map[string]func(pubsub.Cursor) (pubsub.Page, error){
		"application": r.ofApp(AppA), "subject": r.ofSubject(AppA, "ann"), "topic": r.subscribers(AppA, "news"),
	}
	given, copies := map[string]pubsub.Page{}, map[string][]wire.ConnID{}
	for what, read := range reads {
		page, err := read("")
		r.want(err, nil)
		given[what], copies[what] = page, slices.Clone(page.IDs)
	}
	r.remove(conn(7))
	r.remove(conn(0))
	r.remove(conn(3))
	for i := range 8 {
		r.subscribe(r.add("ann", conn(100+i)), "news")
	}
	for what := range reads {
		if !slices.Equal(given[what].IDs, copies[what]) {
			r.t.Errorf("%s: a page that was handed out changed from %v to %v", what, copies[what], given[what].IDs)
		}
	}
}

func (r *room) audienceUnderChurn() {
	const stable, rounds = 5, 30
	for i := range stable {
		r.subscribe(r.add("ann", conn(i)), "news")
	}
	// Stores that read several pages have several chances to miss somebody.
	check := func(what string, read func(pubsub.Cursor) (pubsub.Page, error)) {
		ids, err := ReadAll(read)
		if err != nil {
			r.t.Errorf("%s: %v", what, err)
			return
		}
		for i := range stable {
			if !slices.Contains(ids, conn(i)) {
				r.t.Errorf("%s: %s is missing although it was there all the time", what, conn(i))
			}
		}
	}
	together(4, func(worker int) {
		for round := range rounds {
			if worker == 0 {
				check("topic", r.subscribers(AppA, "news"))
				check("application", r.ofApp(AppA))
				check("subject", r.ofSubject(AppA, "ann"))
				continue
			}
			id := wire.ConnID(fmt.Sprintf("churn-%d-%d", worker, round))
			c := r.connection(AppA, "ann", id)
			if err := r.Connections.Add(r.ctx, c, noQuota); err != nil {
				r.t.Errorf("Add: %v", err)
				continue
			}
			if err := r.Subscriptions.Subscribe(r.ctx, c, "news", 0); err != nil {
				r.t.Errorf("Subscribe: %v", err)
			}
			if _, err := r.Connections.Remove(r.ctx, id); err != nil {
				r.t.Errorf("Remove: %v", err)
			}
		}
	})
	check("topic", r.subscribers(AppA, "news"))
	r.wantOccupied(AppA, pubsub.TopicCount{Topic: "news", Subscribers: stable})
}
