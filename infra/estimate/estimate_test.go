package estimate_test

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tacet/infra/estimate"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The bills of the examples are read by people in files, and change with a diff.
func TestExamples(t *testing.T) {
	for name, w := range estimate.Examples {
		if err := w.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var b strings.Builder
		if err := estimate.Month(w, estimate.Listed, estimate.Assumed).Table(&b); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || b.String() != string(want) {
			t.Errorf("%s (%v): got\n%s", file, err, b.String())
		}
	}
}

// One message a second to ten connections, by hand.
func TestABillByHand(t *testing.T) {
	w := estimate.Workload{Connections: 10, Lifetime: time.Hour, Topics: 1, Publishes: 1, Subscribers: 10, Bytes: 100, Retention: 0}
	b := estimate.Month(w, estimate.Listed, estimate.Assumed)
	const month = 730 * 3600.0
	connects := 10 * 730.0
	for what, want := range map[string]float64{
		"connection minutes":                     10 * 730 * 60,
		"messages from clients":                  month + connects,
		"messages to clients: deliveries":        month * 10,
		"messages to clients: welcomes and acks": month + 2*connects,
		"writes: subscribing":                    connects * 6,
		"to the internet":                        (month*10*250 + (month+2*connects)*150) / 1e9,
	} {
		i := slices.IndexFunc(b.Lines, func(l estimate.Line) bool { return l.What == what })
		if i < 0 || math.Abs(b.Lines[i].Quantity-want) > 1e-6*want {
			t.Errorf("%s: want %v in %+v", what, want, b.Lines)
		}
	}
	if want := b.Total / (month * 10) * 1e6; math.Abs(b.Delivery-want) > 1e-9 {
		t.Errorf("a million deliveries: %v, want %v", b.Delivery, want)
	}
}

// A message of more than 32 KB is counted for each of them.
func TestLargeMessagesCountSeveralTimes(t *testing.T) {
	w := estimate.Workload{Connections: 1, Lifetime: time.Hour, Publishes: 1, Subscribers: 1, Bytes: 32 << 10}
	quantity := func() float64 {
		for _, l := range estimate.Month(w, estimate.Listed, estimate.Assumed).Lines {
			if l.What == "messages to clients: deliveries" {
				return l.Quantity
			}
		}
		return 0
	}
	two := quantity()
	w.Bytes = 100
	if one := quantity(); two != 2*one || one == 0 {
		t.Errorf("got %v and %v", one, two)
	}
}

func TestTheTotalIsTheSumAndMoreCostsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) float64 { return rapid.Float64Range(0, 1e5).Draw(t, name) }
		w := estimate.Workload{
			Connections: number("connections"), Lifetime: estimate.MaxLifetime, Topics: number("topics"), Publishes: number("publishes"),
			Backend: number("backend"), Bytes: rapid.IntRange(0, 128<<10).Draw(t, "bytes"), Retention: time.Duration(rapid.IntRange(0, 8760).Draw(t, "hours")) * time.Hour,
		}
		w.Subscribers = w.Connections * rapid.Float64Range(0, 1).Draw(t, "share")
		if err := w.Check(); err != nil {
			t.Fatal(err)
		}
		total := func(w estimate.Workload) float64 {
			b, sum := estimate.Month(w, estimate.Listed, estimate.Assumed), 0.0
			for _, l := range b.Lines {
				if l.Cost < 0 || l.Cost != l.Quantity*l.Price {
					t.Fatalf("%+v", l)
				}
				sum += l.Cost
			}
			if math.Abs(sum-b.Total) > 1e-9*sum {
				t.Fatalf("the lines add up to %v, the total is %v", sum, b.Total)
			}
			return b.Total
		}
		more := w
		switch rapid.IntRange(0, 4).Draw(t, "of what") {
		case 0:
			more.Connections *= 2
		case 1:
			more.Topics *= 2
		case 2:
			more.Publishes *= 2
		case 3:
			more.Backend *= 2
		case 4:
			more.Retention *= 2
		}
		if less, more := total(w), total(more); more < less {
			t.Errorf("more costs %v, less %v", more, less)
		}
	})
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	good := estimate.Examples["chat"]
	for name, change := range map[string]func(*estimate.Workload){
		"negative":           func(w *estimate.Workload) { w.Publishes = -1 },
		"too long":           func(w *estimate.Workload) { w.Lifetime = 3 * time.Hour },
		"no life":            func(w *estimate.Workload) { w.Lifetime = 0 },
		"more than are open": func(w *estimate.Workload) { w.Subscribers = w.Connections + 1 },
		"too large":          func(w *estimate.Workload) { w.Bytes = 129 << 10 },
	} {
		w := good
		change(&w)
		if w.Check() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
