package telemetry_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tacet/core/privacy"
	"tacet/core/telemetry"
)

// recount is what a Top would be if it told all topics apart.
type recount map[privacy.RecordedTopic]telemetry.Topic

func (r recount) count(e telemetry.Event) {
	x, n := r[e.Topic], int64(e.Subscribers)
	x.Name = e.Topic
	x.Messages++
	x.Deliveries += n
	x.Bytes += int64(e.Size)
	x.Reach = max(x.Reach, n)
	x.Crowd = x.Crowd.With(telemetry.CrowdOf(e.PublisherIP))
	r[e.Topic] = x
}

// wrong returns what is wrong with a Top of these messages.
func (r recount) wrong(top *telemetry.Top) error {
	var total int64
	for _, x := range r {
		total += x.Messages
	}
	rows := top.Rows()
	switch {
	case top.Short > total/(telemetry.MaxTopics+1):
		return fmt.Errorf("of %d messages it is short of %d", total, top.Short)
	case len(rows) > telemetry.MaxTopics || top.Short == 0 && len(rows) != len(r):
		return fmt.Errorf("of %d topics there are %d, short of %d", len(r), len(rows), top.Short)
	case len(r) <= telemetry.MaxTopics && top.Short > 0:
		return fmt.Errorf("of %d topics it is short of %d", len(r), top.Short)
	}
	missing := make(map[privacy.RecordedTopic]bool, len(r))
	for name := range r {
		missing[name] = true
	}
	for _, x := range rows {
		all := r[x.Name]
		switch {
		case x.Messages > all.Messages || x.Messages+top.Short < all.Messages:
			return fmt.Errorf("%s has %d messages, short of %d, and really %d", x.Name, x.Messages, top.Short, all.Messages)
		case x.Deliveries > all.Deliveries || x.Bytes > all.Bytes || x.Reach > all.Reach || len(x.Crowd) > len(all.Crowd):
			return fmt.Errorf("%+v has more than really: %+v", x, all)
		case top.Short == 0 && (fmt.Sprint(x) != fmt.Sprint(all)):
			return fmt.Errorf("%+v is really %+v", x, all)
		}
		delete(missing, x.Name)
	}
	for name := range missing {
		if r[name].Messages > top.Short {
			return fmt.Errorf("%s is missing, with %d messages, short of %d", name, r[name].Messages, top.Short)
		}
	}
	if !slices.IsSortedFunc(rows, func(a, b telemetry.Topic) int { return int(b.Messages - a.Messages) }) {
		return fmt.Errorf("they are not in order: %+v", rows)
	}
	return nil
}

func TestTheTopTopicsAreWithinTheirBoundHoweverTheyCameTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topics := rapid.SampledFrom([]int{1, 3, 255, 256, 257, 258, 400, 2000}).Draw(t, "topics")
		r := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		rank := func() int { return r.IntN(topics) }
		if rapid.Bool().Draw(t, "some are much larger") {
			zipf := rand.NewZipf(r, 1.1, 1, uint64(topics-1))
			rank = func() int { return int(zipf.Uint64()) }
		}
		parts := make([]telemetry.Top, rapid.IntRange(1, 9).Draw(t, "parts"))
		want := recount{}
		for range rapid.IntRange(0, 6000).Draw(t, "messages") {
			e := telemetry.Event{
				Topic: privacy.RecordedTopic(fmt.Sprint("topic/", rank())), Size: r.IntN(100), Subscribers: r.IntN(9), PublisherIP: network(r.IntN(40)),
			}
			parts[r.IntN(len(parts))].Count(e)
			want.count(e)
		}
		for len(parts) > 1 {
			i := rapid.IntRange(1, len(parts)-1).Draw(t, "into")
			parts[i-1].Merge(&parts[i])
			parts = slices.Delete(parts, i, i+1)
		}
		if err := want.wrong(&parts[0]); err != nil {
			t.Fatal(err)
		}
	})
}

// One message each on many topics is what is worst for it.
func TestNoTopicStandsOutWhenNoneDoes(t *testing.T) {
	var top telemetry.Top
	want := recount{}
	for n := range 10_000 {
		e := telemetry.Event{Topic: privacy.RecordedTopic(fmt.Sprint(n))}
		top.Count(e)
		want.count(e)
		if n%97 == 0 || n > 9_990 {
			if err := want.wrong(&top); err != nil {
				t.Fatal(err)
			}
		}
	}
	if top.Short == 0 {
		t.Error("it is short of nothing")
	}
}

func TestEqualTopicsAreInOrderOfTheirNames(t *testing.T) {
	var top telemetry.Top
	for _, name := range []privacy.RecordedTopic{"b", "c", "a", "c"} {
		top.Count(telemetry.Event{Topic: name})
	}
	var got []privacy.RecordedTopic
	for _, x := range top.Rows() {
		got = append(got, x.Name)
	}
	if !slices.Equal(got, []privacy.RecordedTopic{"c", "a", "b"}) {
		t.Errorf("got %v", got)
	}
}

func TestACrowdTellsSixteenApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SliceOfN(rapid.IntRange(0, 40), 0, 60).Draw(t, "people")
		var one, a, b telemetry.Crowd
		differ := map[int]bool{}
		for _, n := range people {
			one = one.With(telemetry.CrowdOf(network(n)))
			differ[n] = true
			if rapid.Bool().Draw(t, "a") {
				a = a.With(telemetry.CrowdOf(network(n)))
			} else {
				b = b.With(telemetry.CrowdOf(network(n)))
			}
		}
		wasA := slices.Clone(a)
		both := a.With(b)
		if len(one) != min(len(differ), telemetry.MaxCrowd) || !slices.Equal(one, both) || !slices.Equal(both, b.With(a)) || !slices.Equal(a, wasA) {
			t.Fatalf("of %d there are %v; %v and %v are %v", len(differ), one, a, b, both)
		}
	})
}
