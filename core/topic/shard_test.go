package topic_test

import (
	"fmt"
	"testing"

	"tacet/core/topic"
)

// What is stored is found by these numbers.
func TestStringsStayWhereTheyAre(t *testing.T) {
	for s, want := range map[string][3]int{
		"": {0, 2, 668}, "a": {0, 0, 103}, "b": {0, 2, 510}, "ünïcode": {0, 0, 192},
		"L0SM9cOFvHcCIhw=": {0, 3, 756}, "L0SM9cOFvHcCIhx=": {0, 1, 432},
	} {
		for i, parts := range []int{1, 4, 1000} {
			if got := topic.Spread(s, parts); got != want[i] {
				t.Errorf("Spread(%q, %d) = %d, want %d", s, parts, got, want[i])
			}
		}
	}
}

func TestEachPartGetsItsShare(t *testing.T) {
	const members = 40_000
	for _, form := range []string{"%d", "conn-%06d", "L0SM9cO%07dw=", "%d@example.org"} {
		var got [topic.Shards]int
		for i := range members {
			got[topic.Name("news").Shard(fmt.Sprintf(form, i))]++
		}
		for part, n := range got {
			if share := members / topic.Shards; n < share*95/100 || n > share*105/100 {
				t.Errorf("%s: part %d has %d of %d", form, part, n, members)
			}
		}
	}
}

func TestBackendsAreKeptTogether(t *testing.T) {
	for n, want := range map[topic.Name]int{topic.Inbound: 1, topic.Main: topic.Shards, "news": topic.Shards, "secure/x": topic.Shards} {
		if got := n.Shards(); got != want {
			t.Errorf("%s has %d shards, want %d", n, got, want)
		}
		for i := range 100 {
			if s := n.Shard(fmt.Sprint(i)); s < 0 || s >= want {
				t.Errorf("%s keeps %d in shard %d of %d", n, i, s, want)
			}
		}
	}
}
