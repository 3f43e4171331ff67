package dynamo_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/dynamo"
)

func TestEventsOfOneMomentAreSpread(t *testing.T) {
	table, now := table(t, "telemetry"), pubsubtest.NewClock().Now()
	s := dynamo.NewTelemetry(client(local.Endpoint, nil), table)
	const n = 200
	for range n {
		e := telemetry.Event{Node: "n", App: pubsubtest.AppA, Topic: "a", At: now}
		must(t, s.Record(t.Context(), telemetry.Record{Event: e, Expires: now.Add(time.Hour)}, true))
	}
	parts := map[string]int{}
	for _, i := range local.Scan(t, table) {
		parts[show(i[dynamo.Hash])]++
	}
	if len(parts) != 8 {
		t.Errorf("they are in %d partitions, want 8", len(parts))
	}
	for part, got := range parts {
		if got > n/4 {
			t.Errorf("%s has %d of %d", part, got, n)
		}
	}
}

// What rests is what the manifest lists, and when it ends.
func TestAnEventRestsWithoutAnythingElse(t *testing.T) {
	table, now := table(t, "telemetry"), pubsubtest.NewClock().Now()
	s := dynamo.NewTelemetry(client(local.Endpoint, nil), table)
	e := telemetry.Event{Node: "n", App: pubsubtest.AppA, Topic: "a", Size: 3, Subscribers: 2, At: now, Country: "DE", TookMicros: 1 << 40, Code: 40300}
	must(t, e.ClientIP.UnmarshalText([]byte("truncate/1/203.0.113.0/24")))
	must(t, e.PublisherIP.UnmarshalText([]byte("truncate/1/203.0.113.0/24")))
	must(t, s.Record(t.Context(), telemetry.Record{Event: e, Expires: now.Add(time.Hour)}, true))
	listed := map[string]bool{dynamo.Hash: true, dynamo.Range: true, dynamo.Expiry: true}
	for _, a := range privacy.Telemetry.Attributes {
		listed[a.Field] = true
	}
	for _, i := range local.Scan(t, table) {
		for attribute := range i {
			if !listed[attribute] {
				t.Errorf("the attribute %s is in no manifest", attribute)
			}
		}
		if want := now.Add(time.Hour).Unix(); show(i[dynamo.Expiry]) != strconv.FormatInt(want, 10) {
			t.Errorf("it ends at %s, want %d", show(i[dynamo.Expiry]), want)
		}
	}
}

// What an event has not is not in its item: that is how those look that were
// written before anybody knew of it.
func TestEventsAreReadWithAndWithoutWhatNotAllHave(t *testing.T) {
	table, now := table(t, "telemetry"), pubsubtest.NewClock().Now()
	s := dynamo.NewTelemetry(client(local.Endpoint, nil), table)
	bare := telemetry.Event{Node: "n", App: pubsubtest.AppA, Topic: "a", Size: 3, Subscribers: 2, At: now}
	full := bare
	full.At, full.Country, full.TookMicros, full.Code = now.Add(time.Second), "DE", 1<<40, 40300
	for _, e := range []telemetry.Event{bare, full} {
		must(t, s.PutIn(t.Context(), 3, telemetry.Record{Event: e, Expires: now.Add(time.Hour)}))
	}
	var sizes []int
	for _, i := range local.Scan(t, table) {
		sizes = append(sizes, len(i))
	}
	if slices.Sort(sizes); !slices.Equal(sizes, []int{7, 10}) {
		t.Errorf("the items have %v attributes", sizes)
	}
	var got []telemetry.Event
	must(t, s.Each(t.Context(), pubsubtest.AppA, now, now.Add(time.Hour), now, func(e telemetry.Event) error {
		got = append(got, e)
		return nil
	}))
	if !slices.Equal(got, []telemetry.Event{bare, full}) {
		t.Errorf("got %+v", got)
	}
}
