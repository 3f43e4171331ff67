package load_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"tacet/infra/load"
)

func TestQuantileIsTheNearestRank(t *testing.T) {
	hundred := make(load.Samples, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i) // 1 to 100, greatest first
	}
	for _, test := range []struct {
		samples load.Samples
		q       float64
		want    time.Duration
	}{
		{nil, 0.5, 0},
		{load.Samples{7}, 0, 7},
		{load.Samples{7}, 1, 7},
		{load.Samples{3, 1, 2}, 0.5, 2},
		{load.Samples{4, 3, 2, 1}, 0.5, 2},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
	} {
		if got := test.samples.Quantile(test.q); got != test.want {
			t.Errorf("quantile %v of %d samples: %d, want %d", test.q, len(test.samples), got, test.want)
		}
	}
	if hundred[0] != 100 {
		t.Error("the samples were put into another order")
	}
}

func TestBinsHoldEachSampleOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		samples := make(load.Samples, 1+random.IntN(50))
		for i := range samples {
			samples[i] = time.Duration(random.Int64N(1 << random.Int64N(40)))
		}
		bins := samples.Bins(1 + random.IntN(20))
		total := 0
		for i, bin := range bins {
			if i > 0 && bins[i-1].To != bin.From {
				t.Fatalf("a gap before bin %d: %v", i, bins)
			}
			inside := 0
			for _, sample := range samples {
				if bin.From <= sample && sample < bin.To {
					inside++
				}
			}
			if inside != bin.Count {
				t.Fatalf("bin %d counts %d of %d: %v", i, bin.Count, inside, bins)
			}
			total += bin.Count
		}
		if total != len(samples) {
			t.Fatalf("%d of %d samples in %v", total, len(samples), bins)
		}
	}
}

func TestBinsOfNothingAndOfOneValue(t *testing.T) {
	if bins := (load.Samples{}).Bins(4); bins != nil {
		t.Error(bins)
	}
	bins := load.Samples{5, 5, 5}.Bins(4)
	if len(bins) != 1 || bins[0] != (load.Bin{From: 5, To: 6, Count: 3}) {
		t.Error(bins)
	}
}
