package dynamo_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/dynamo"
)

var most = flag.Int("events", 10_000, "how many events the largest application has that is erased by a benchmark, such as 1000000")

// What a large application takes until nothing is left of it, by -bench Erase
// -benchtime 1x -events 1000000.
// DynamoDB Local writes one item after the other, so it is the store that is
// waited for; what is counted as requests is what it costs anywhere.
func BenchmarkErase(b *testing.B) {
	for events := 1000; events <= *most; events *= 10 {
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			m, now := new(meter), pubsubtest.NewClock().Now()
			name := table(b, "telemetry")
			s := dynamo.NewTelemetry(client(local.Endpoint, m.called), name)
			var requests, calls, filled int64
			var longest time.Duration
			for b.Loop() {
				b.StopTimer()
				begun := time.Now()
				if err := dynamo.NewTelemetry(client(local.Endpoint, nil), name).PutMany(b.Context(), events, func(i int) telemetry.Record {
					e := telemetry.Event{Node: "eu-central-1/abcdefghij/v1", App: pubsubtest.AppA, Topic: "news", Size: 100, Subscribers: 10, At: now.Add(time.Duration(i) * time.Millisecond)}
					return telemetry.Record{Event: e, Expires: e.At.Add(week)}
				}); err != nil {
					b.Fatal(err)
				}
				filled += time.Since(begun).Milliseconds()
				b.StartTimer()
				all := m.during(func() {
					left := int64(events)
					for from, more := "", true; more; calls++ {
						begun := time.Now()
						n, next, err := s.Erase(b.Context(), pubsubtest.AppA, from)
						if err != nil {
							b.Fatal(err)
						}
						left, from, more, longest = left-n, next, next != "", max(longest, time.Since(begun))
					}
					if left != 0 {
						b.Fatalf("%d are left", left)
					}
				})
				requests += int64(len(all))
			}
			n := float64(b.N)
			b.ReportMetric(float64(events)*n/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(requests)/n, "requests")
			b.ReportMetric(float64(calls)/n, "calls")
			b.ReportMetric(longest.Seconds(), "s/longest-call")
			b.ReportMetric(float64(events)*n/(float64(filled)/1000), "filled/s")
		})
	}
}
