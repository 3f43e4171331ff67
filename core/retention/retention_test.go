package retention_test

import (
	"slices"
	"testing"
	"time"

	"tacet/core/retention"
)

func TestTheWorstOfAClassIsItsOldestAndItsLargestExcess(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	got := retention.Worst([]retention.Age{
		{Class: retention.Events, Oldest: day(3), Excess: time.Hour},
		{Class: retention.Requests},
		{Class: retention.Events},
		{Class: retention.Events, Oldest: day(2)},
		{Class: retention.Events, Oldest: day(4), Excess: 2 * time.Hour},
		{Class: retention.Requests, Oldest: day(1)},
	})
	want := []retention.Age{
		{Class: retention.Events, Oldest: day(2), Excess: 2 * time.Hour}, {Class: retention.Requests, Oldest: day(1)},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
