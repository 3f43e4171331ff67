package telemetry_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tacet/core/telemetry"
)

// A quantile is of the nearest rank, and an eighth too large at most.
func TestAQuantileIsThatOfTheListOrAnEighthMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Int64Range(-3, 40), rapid.Int64Range(0, 10_000_000), rapid.Int64())
		all := rapid.SliceOfN(number, 1, 200).Draw(t, "all")
		var parts [3]telemetry.Histogram
		for _, n := range all {
			parts[rapid.IntRange(0, 2).Draw(t, "part")].Add(n)
		}
		parts[0].Merge(&parts[1])
		parts[0].Merge(&parts[2])
		slices.Sort(all)
		if got := parts[0].Total(); got != int64(len(all)) {
			t.Fatalf("of %d numbers there are %d", len(all), got)
		}
		percent := rapid.IntRange(0, 100).Draw(t, "percent")
		rank := max((len(all)*percent+99)/100, 1)
		want := max(all[rank-1], 0)
		got := parts[0].Quantile(float64(percent) / 100)
		if got < want || want <= math.MaxInt64/2 && got > want+want/8 {
			t.Fatalf("%d%% of %v is %d, want %d", percent, all, got, want)
		}
	})
}

func TestSmallNumbersAreExact(t *testing.T) {
	for n := range int64(16) {
		var h telemetry.Histogram
		h.Add(n)
		if got := h.Quantile(0.5); got != n {
			t.Errorf("%d is said to be %d", n, got)
		}
	}
}

func TestTheLargestNumberAndTheLeastAreNumbers(t *testing.T) {
	var h telemetry.Histogram
	if got := h.Quantile(0.5); got != 0 {
		t.Errorf("of nothing, a quantile is %d", got)
	}
	h.Add(math.MinInt64)
	h.Add(math.MaxInt64)
	for q, want := range map[float64]int64{0: 0, 0.5: 0, 0.51: math.MaxInt64, 1: math.MaxInt64, -1: 0, 2: math.MaxInt64} {
		if got := h.Quantile(q); got != want {
			t.Errorf("the quantile %v is %d, want %d", q, got, want)
		}
	}
}
