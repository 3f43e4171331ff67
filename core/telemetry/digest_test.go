package telemetry_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
)

// happening returns some event: of any sort, by one of so many people, on one
// of so many topics.
func happening(r *rand.Rand, people, topics int) telemetry.Event {
	e := telemetry.Event{App: part.App, Node: "n", At: noon.Add(time.Duration(r.IntN(9)) * time.Second)}
	switch who := network(r.IntN(people)); r.IntN(8) {
	case 0:
		e.Topic, e.ClientIP, e.Subscribers = telemetry.TopicConnect, who, r.IntN(50)
		e.Country = []privacy.Country{"", "DE", "FR", "IN"}[r.IntN(4)]
	case 1:
		e.Topic, e.ClientIP, e.Subscribers = telemetry.TopicDisconnect, who, r.IntN(50)
	case 2:
		e.Topic, e.ClientIP, e.Code = telemetry.TopicError, who, 100+r.IntN(5)
	default:
		e.Topic, e.PublisherIP = privacy.RecordedTopic(fmt.Sprint("t", r.IntN(topics))), who
		e.Size, e.Subscribers, e.TookMicros = r.IntN(2000), r.IntN(9), r.Int64N(90_000)
	}
	return e
}

func happenings(seed uint64, n, people, topics int) []telemetry.Event {
	r := rand.New(rand.NewPCG(1, seed))
	all := make([]telemetry.Event, n)
	for i := range all {
		all[i] = happening(r, people, topics)
	}
	return all
}

// same reports whether two digests are equal.
func same(a, b *telemetry.Digest) bool { return a.Sums == b.Sums && formOf(a) == formOf(b) }

func counted(all ...telemetry.Event) *telemetry.Digest {
	d := new(telemetry.Digest)
	for _, e := range all {
		d.Count(e)
	}
	return d
}

func merged(all ...*telemetry.Digest) *telemetry.Digest {
	d := new(telemetry.Digest)
	for _, o := range all {
		d.Merge(o)
	}
	return d
}

// Any parts of the events, in any order and grouping, come to what all come to.
func TestDigestsOfPartsComeToThatOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SampledFrom([]int{1, 30, 319, 2000}).Draw(t, "people")
		topics := rapid.SampledFrom([]int{1, 20, telemetry.MaxTopics}).Draw(t, "topics")
		all := happenings(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 2000).Draw(t, "n"), people, topics)
		want := counted(all...)
		parts := make([]*telemetry.Digest, rapid.IntRange(1, 9).Draw(t, "parts"))
		for i := range parts {
			parts[i] = new(telemetry.Digest)
		}
		r := rand.New(rand.NewPCG(2, rapid.Uint64().Draw(t, "order")))
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, e := range all {
			parts[r.IntN(len(parts))].Count(e)
		}
		for len(parts) > 1 {
			i, j := r.IntN(len(parts)), r.IntN(len(parts))
			if i == j {
				continue
			}
			before := formOf(parts[j])
			parts[i].Merge(parts[j])
			if formOf(parts[j]) != before {
				t.Fatal("what was merged is changed")
			}
			parts = slices.Delete(parts, j, j+1)
		}
		if !same(parts[0], want) {
			t.Fatalf("parts come to %+v, all to %+v", parts[0], want)
		}
	})
}

func TestNothingAddsNothing(t *testing.T) {
	for _, n := range []int{0, 1, 9, 3000} {
		d := counted(happenings(3, n, 1000, 300)...)
		var zero telemetry.Digest
		if !same(merged(d, &zero), d) || !same(merged(&zero, d), d) || !same(&zero, new(telemetry.Digest)) {
			t.Errorf("of %d events, something comes with nothing", n)
		}
	}
}

// With more topics than can be told apart, all but these is the same, and they
// are within their bound.
func TestDigestsOfVeryManyTopicsMergeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := happenings(rapid.Uint64().Draw(t, "seed"), 3000, 500, 1000)
		want, real := counted(all...), new(telemetrytest.Recount)
		a, b, c := new(telemetry.Digest), new(telemetry.Digest), new(telemetry.Digest)
		for i, e := range all {
			[]*telemetry.Digest{a, b, c}[i%3].Count(e)
			real.Count(e)
		}
		if !same(merged(a, b), merged(b, a)) {
			t.Fatal("a and b are not b and a")
		}
		want.Topics = telemetry.Top{}
		for _, d := range []*telemetry.Digest{merged(a, merged(b, c)), merged(merged(a, b), c), merged(c, b, a)} {
			if err := real.WrongTopics(&d.Topics); err != nil {
				t.Fatal(err)
			}
			if d.Topics = (telemetry.Top{}); !same(d, want) {
				t.Fatal("something else than topics differs")
			}
		}
	})
}

func TestOpenIsTheMostAndTheLatest(t *testing.T) {
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	came := func(n, s int) telemetry.Event {
		return telemetry.Event{Topic: telemetry.TopicConnect, Subscribers: n, At: at(s)}
	}
	left := func(n, s int) telemetry.Event {
		return telemetry.Event{Topic: telemetry.TopicDisconnect, Subscribers: n, At: at(s)}
	}
	for name, c := range map[string]struct {
		events []telemetry.Event
		want   telemetry.Open
	}{
		"one comes":                        {[]telemetry.Event{came(7, 1)}, telemetry.Open{Peak: 7, Last: 7, At: at(1)}},
		"the last one leaves":              {[]telemetry.Event{left(1, 1)}, telemetry.Open{Peak: 1, Last: 0, At: at(1)}},
		"the peak is not the latest":       {[]telemetry.Event{came(3, 1), left(3, 2)}, telemetry.Open{Peak: 3, Last: 2, At: at(2)}},
		"at once, the larger one is":       {[]telemetry.Event{left(4, 1), came(4, 1)}, telemetry.Open{Peak: 4, Last: 4, At: at(1)}},
		"nobody counted":                   {[]telemetry.Event{came(0, 1), left(0, 2)}, telemetry.Open{}},
		"nobody counted later":             {[]telemetry.Event{came(2, 1), left(0, 2)}, telemetry.Open{Peak: 2, Last: 2, At: at(1)}},
		"a message does not tell how many": {[]telemetry.Event{{Topic: "main", Subscribers: 9, At: at(1)}}, telemetry.Open{}},
	} {
		forwards := counted(c.events...)
		slices.Reverse(c.events)
		backwards := counted(c.events...)
		if forwards.Open != c.want || backwards.Open != c.want {
			t.Errorf("%s: open are %+v, %+v, want %+v", name, forwards.Open, backwards.Open, c.want)
		}
	}
}

func BenchmarkCount(b *testing.B) {
	all := happenings(1, 1<<16, 5000, 1000)
	for name, every := range map[string]int{"one digest": 1 << 62, "a digest for each event": 1, "a digest for 7000 events": 7000} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var d telemetry.Digest
			for n := 0; b.Loop(); n++ {
				if n%every == 0 {
					d = telemetry.Digest{}
				}
				d.Count(all[n%len(all)])
			}
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	minutes := make([]*telemetry.Digest, 60)
	for i := range minutes {
		minutes[i] = counted(happenings(uint64(i), 7000, 5000, 1000)...)
	}
	var d telemetry.Digest
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		d.Merge(minutes[n%len(minutes)])
	}
}
