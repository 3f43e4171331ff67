package telemetry_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tacet/core/privacy"
	"tacet/core/telemetry"
)

// network returns the nth of 65,536 networks and more, as it may be kept.
func network(n int) privacy.Anonymised {
	for n >= len(networks) {
		m := len(networks)
		networks = append(networks, anonymised(fmt.Sprintf("truncate/1/%d.%d.%d.0/24", 1+m>>16, m>>8&255, m&255)))
	}
	return networks[n]
}

// networks are those that were asked for: to make one costs more than all that
// is done with it.
var networks []privacy.Anonymised

// encrypted returns an address as a key made it, of so many.
func encrypted(n int) privacy.Anonymised {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	return anonymised(fmt.Sprintf("ipcrypt/1/2001:db8:%x:%x::%x", r.Uint32N(65536), r.Uint32N(65536), r.Uint32N(65536)))
}

func anonymised(text string) (a privacy.Anonymised) {
	if err := a.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return a
}

func distinctOf(of func(int) privacy.Anonymised, from, to int) *telemetry.Distinct {
	var d telemetry.Distinct
	for n := from; n < to; n++ {
		d.Add(of(n))
	}
	return &d
}

// bytesOf returns the binary form of a digest's clients.
func bytesOf(d *telemetry.Distinct) string { return formOf(&telemetry.Digest{Clients: *d}) }

func formOf(d *telemetry.Digest) string {
	b, err := d.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestAFewHundredAreCountedExactly(t *testing.T) {
	var d telemetry.Distinct
	for n := range 320 {
		d.Add(network(n))
		d.Add(network(n / 2))
		if got := d.Estimate(); got != int64(n)+1 {
			t.Fatalf("%d are estimated as %d", n+1, got)
		}
	}
}

func TestWhatIsNotKnownIsNobody(t *testing.T) {
	var d telemetry.Distinct
	d.Add(privacy.Anonymised{})
	d.Add(anonymised("truncate/1/unknown"))
	if d.Estimate() != 0 {
		t.Errorf("there are %d", d.Estimate())
	}
}

// The same value made by another method, or version, is another address.
func TestAnAddressIsItsMethodToo(t *testing.T) {
	var d telemetry.Distinct
	for _, text := range []string{"ipcrypt/1/2001:db8::", "ipcrypt/2/2001:db8::", "truncate/1/2001:db8::/48"} {
		d.Add(anonymised(text))
	}
	if d.Estimate() != 3 {
		t.Errorf("there are %d, want 3", d.Estimate())
	}
}

// The error is that of the sketch as it is published, and has no tendency: so
// the hash is as good as a random one, on addresses that differ in a few bits.
func TestManyAreEstimatedWithinTheStatedError(t *testing.T) {
	for name, of := range map[string]func(int) privacy.Anonymised{"truncate": network, "ipcrypt": encrypted} {
		for _, size := range []int{400, 1_000, 4_000} {
			const sets = 25
			var bias, square float64
			for set := range sets {
				got := distinctOf(of, set*size, (set+1)*size).Estimate()
				off := float64(got)/float64(size) - 1
				bias, square = bias+off/sets, square+off*off/sets
				if math.Abs(off) > 5*telemetry.DistinctError {
					t.Errorf("%s: %d are estimated as %d", name, size, got)
				}
			}
			if rms := math.Sqrt(square); rms > 1.3*telemetry.DistinctError || math.Abs(bias) > 4*telemetry.DistinctError/math.Sqrt(sets) {
				t.Errorf("%s, sets of %d: the error is %.4f, with a tendency of %.4f", name, size, rms, bias)
			}
		}
	}
}

func TestVeryManyAreEstimatedWithinTheStatedError(t *testing.T) {
	const all = 200_000
	if got := distinctOf(network, 0, all).Estimate(); math.Abs(float64(got)/all-1) > 3*telemetry.DistinctError {
		t.Errorf("%d are estimated as %d", all, got)
	}
}

// Parts of a set, however they overlap, in whatever order and grouping they are
// merged, come to what the set comes to, byte by byte.
func TestEqualSetsAreEqualHoweverTheyCameTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{0, 1, 5, 200, 319, 320, 321, 322, 500, 3000}).Draw(t, "size")
		all := make([]privacy.Anonymised, size)
		for i := range all {
			all[i] = network(i)
		}
		want := bytesOf(distinctOf(network, 0, size))
		parts := make([]telemetry.Distinct, rapid.IntRange(1, 8).Draw(t, "parts"))
		r := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		r.Shuffle(size, func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, a := range all {
			for range 1 + r.IntN(2) {
				parts[r.IntN(len(parts))].Add(a)
			}
		}
		for len(parts) > 1 {
			i := rapid.IntRange(1, len(parts)-1).Draw(t, "merged")
			before := bytesOf(&parts[i])
			parts[0].Merge(&parts[i])
			if bytesOf(&parts[i]) != before {
				t.Fatal("what was merged is changed")
			}
			parts = slices.Delete(parts, i, i+1)
		}
		if bytesOf(&parts[0]) != want {
			t.Fatalf("of %d, merged are %d", size, parts[0].Estimate())
		}
	})
}

func TestAMergedSketchIsNobodyElses(t *testing.T) {
	a, b := distinctOf(network, 0, 9), new(telemetry.Distinct)
	b.Merge(a)
	before := bytesOf(a)
	for n := range 1000 {
		b.Add(network(n))
	}
	if bytesOf(a) != before {
		t.Error("it changes with the one that it was merged into")
	}
}

func TestASketchDoesNotShowInJSON(t *testing.T) {
	for _, d := range []any{distinctOf(network, 0, 9), distinctOf(network, 0, 999)} {
		if got, err := json.Marshal(d); err != nil || string(got) != "{}" {
			t.Errorf("got %s, %v", got, err)
		}
	}
}
