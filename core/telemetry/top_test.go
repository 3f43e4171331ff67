package telemetry_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
)

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
		want := new(telemetrytest.Recount)
		for range rapid.IntRange(0, 6000).Draw(t, "messages") {
			e := telemetry.Event{
				Topic: privacy.RecordedTopic(fmt.Sprint("topic/", rank())), Size: r.IntN(100), Subscribers: r.IntN(9), PublisherIP: network(r.IntN(40)),
			}
			parts[r.IntN(len(parts))].Count(e)
			want.Count(e)
		}
		for len(parts) > 1 {
			i := rapid.IntRange(1, len(parts)-1).Draw(t, "into")
			parts[i-1].Merge(&parts[i])
			parts = slices.Delete(parts, i, i+1)
		}
		if err := want.WrongTopics(&parts[0]); err != nil {
			t.Fatal(err)
		}
	})
}

// One message each on many topics is what is worst for it.
func TestNoTopicStandsOutWhenNoneDoes(t *testing.T) {
	var top telemetry.Top
	want := new(telemetrytest.Recount)
	for n := range 10_000 {
		e := telemetry.Event{Topic: privacy.RecordedTopic(fmt.Sprint(n))}
		top.Count(e)
		want.Count(e)
		if n%97 == 0 || n > 9_990 {
			if err := want.WrongTopics(&top); err != nil {
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
