package telemetrytest_test

import (
	"slices"
	"testing"
	"time"

	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
)

var midnight = time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)

const tenant = "11111111111111111111111111111111"

func TestADayIsADay(t *testing.T) {
	d := telemetrytest.FullDay(tenant, midnight).Divided(500)
	var all []telemetry.Record
	var sums telemetry.Sums
	open := 0
	for r := range d.Records() {
		sums.Count(r.Event)
		switch r.Topic {
		case telemetry.TopicConnect:
			if open++; open != r.Subscribers {
				t.Fatalf("with the one that came %d are open, and it is said that %d are", open, r.Subscribers)
			}
		case telemetry.TopicDisconnect:
			if open != r.Subscribers {
				t.Fatalf("with the one that left %d are open, and it is said that %d are", open, r.Subscribers)
			}
			open--
		}
		if r.At.Before(midnight) || !r.At.Before(midnight.AddDate(0, 0, 1)) || !r.Readable(r.At) || len(all) > 0 && r.At.Before(all[len(all)-1].At) {
			t.Fatalf("out of order: %+v", r)
		}
		all = append(all, r)
	}
	if sums.Messages != 20_000 || sums.Connections != 200 || sums.Disconnections != int64(200-open) || sums.Errors != 100 {
		t.Errorf("got %+v, %d open at last", sums, open)
	}
	if !slices.Equal(all, slices.Collect(d.Records())) {
		t.Error("it is another one each time")
	}
}

// A day, rolled as it went by, is what the events of the day came to, one by
// one: in every hour and every minute, and within the stated errors at all.
func TestReportsOfADayAreThoseOfARecount(t *testing.T) {
	d := telemetrytest.FullDay(tenant, midnight).Divided(1000)
	m, recount := &model{t: t}, new(telemetrytest.Recount)
	roll := func(now time.Time) {
		written := now.Add(-time.Millisecond)
		if err := telemetry.Roll(t.Context(), m, part(d.App), []telemetry.Written{{At: written, Written: written}}, now); err != nil {
			t.Fatal(err)
		}
	}
	next := midnight.Add(50 * time.Minute)
	for r := range d.Records() {
		for ; !r.At.Before(next); next = next.Add(50 * time.Minute) {
			roll(next)
		}
		recount.Count(r.Event)
		m.Write(part(r.App), r)
	}
	for _, now := range []time.Time{midnight.Add(24 * time.Hour), midnight.Add(25 * time.Hour)} {
		roll(now)
		for _, span := range []telemetry.Span{telemetry.Daily, telemetry.Hourly, telemetry.Minutely} {
			read, err := telemetrytest.Read(t.Context(), m, d.App, midnight, midnight.AddDate(0, 0, 1), span, now)
			if err != nil {
				t.Fatal(err)
			}
			if err := recount.Wrong(read, span); err != nil {
				t.Errorf("by %v: %v", time.Duration(span), err)
			}
		}
	}
}

// Without one of a few events, or with one twice, it is not what was counted.
func TestARecountFindsWhatIsMissing(t *testing.T) {
	all := slices.Collect(telemetrytest.FullDay(tenant, midnight).Divided(100_000).Records())
	recount := new(telemetrytest.Recount)
	for _, r := range all {
		recount.Count(r.Event)
	}
	counted := func(times func(int) int) map[time.Time]*telemetry.Digest {
		d := new(telemetry.Digest)
		for i, r := range all {
			for range times(i) {
				d.Count(r.Event)
			}
		}
		return map[time.Time]*telemetry.Digest{midnight: d}
	}
	if err := recount.Wrong(counted(func(int) int { return 1 }), telemetry.Daily); err != nil {
		t.Errorf("with all of them: %v", err)
	}
	for n := range all {
		for _, times := range []int{0, 2} {
			read := counted(func(i int) int {
				if i == n {
					return times
				}
				return 1
			})
			if recount.Wrong(read, telemetry.Daily) == nil {
				t.Errorf("it is the same with %+v %d times", all[n], times)
			}
			if read[midnight].Sums = counted(func(int) int { return 1 })[midnight].Sums; times == 0 && recount.Wrong(read, telemetry.Daily) == nil && all[n].Topic != telemetry.TopicDisconnect {
				t.Errorf("but for sums, it is the same without %+v", all[n])
			}
		}
	}
}
