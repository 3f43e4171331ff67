package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
	"tacet/core/topic"
	"tacet/infra/dynamo"
)

// rolled is a store whose rollups are brought up to date after events: all as
// long as there are few, and then some.
type rolled struct {
	*dynamo.Telemetry
	clock  *pubsubtest.Clock
	events atomic.Int64
}

func (r *rolled) Record(ctx context.Context, e telemetry.Record, durable bool) error {
	if err := r.Telemetry.Record(ctx, e, durable); err != nil {
		return err
	}
	if n := r.events.Add(1); n > 20 && n%20 != 0 {
		return nil
	}
	return r.roll(ctx, e)
}

// roll tells every part of an event that one of them has.
func (r *rolled) roll(ctx context.Context, e telemetry.Record) error {
	news := []telemetry.Written{{At: e.At, Written: r.clock.Now()}}
	return eachPart(func(part int) error {
		return telemetry.Roll(ctx, r.Telemetry, telemetry.Part{App: e.App, Number: part}, news, r.clock.Now())
	})
}

// eachPart does something to each part of an application, at the same time.
func eachPart(do func(part int) error) error {
	failed := make([]error, 8)
	var all sync.WaitGroup
	for part := range failed {
		all.Go(func() { failed[part] = do(part) })
	}
	all.Wait()
	return errors.Join(failed...)
}

func TestRollupsChangeNothingThatIsRead(t *testing.T) {
	pubsubtest.TestRecorder(t, func(t *testing.T, clock *pubsubtest.Clock) pubsubtest.Telemetry {
		return &rolled{Telemetry: dynamo.NewTelemetry(client(local.Endpoint, nil), table(t, "telemetry")), clock: clock}
	})
}

func TestRollupsKeepTheContract(t *testing.T) {
	telemetrytest.TestRollups(t, func(t *testing.T) (telemetry.Rollups, func(telemetry.Part, telemetry.Record)) {
		s := dynamo.NewTelemetry(client(local.Endpoint, nil), table(t, "telemetry"))
		return s, func(p telemetry.Part, r telemetry.Record) { must(t, s.PutIn(t.Context(), p.Number, r)) }
	})
}

func TestPlacesAreThoseOfEvents(t *testing.T) {
	app := string(pubsubtest.AppA)
	for _, c := range []struct {
		hash, sort string
		want       bool
	}{
		{"e#" + app + "#7", "2026-03-14T12:00:00.000000001Z#X", true},
		{"r#" + app + "#7", "m#2026-03-14T12:00Z", false},
		{"r#" + app + "#7", "2026-03-14T12:00:00.000000001Z#X", false},
		{"e#" + app, "2026-03-14T12:00:00.000000001Z#X", false},
		{"e#" + app + "#07", "2026-03-14T12:00:00.000000001Z#X", false},
		{"e#" + app + "#-1", "2026-03-14T12:00:00.000000001Z#X", false},
		{"e#x#7", "2026-03-14T12:00:00.000000001Z#X", false},
		{"e#" + app + "#7", "MARKER", false},
		{"", "", false},
	} {
		p, at, ok := dynamo.PlaceOf(map[string]string{dynamo.Hash: c.hash, dynamo.Range: c.sort})
		if ok != c.want {
			t.Errorf("%s %s: %v", c.hash, c.sort, ok)
		}
		if want := (telemetry.Part{App: pubsubtest.AppA, Number: 7}); ok && (p != want || !at.Equal(time.Date(2026, 3, 14, 12, 0, 0, 1, time.UTC))) {
			t.Errorf("%s %s: %v %v", c.hash, c.sort, p, at)
		}
	}
}

// busy is a digest of a minute of as many topics as it can tell apart, with
// names as long as they may be, on each of which more publish than it counts.
func busy(t *testing.T) (d telemetry.Digest) {
	for i := range telemetry.MaxTopics {
		name := privacy.RecordedTopic(fmt.Sprintf("%0*d", topic.MaxLength, i))
		for j := range telemetry.MaxCrowd + 1 {
			e := telemetry.Event{Node: "n", App: pubsubtest.AppA, Topic: name, Size: 1 << 17, Subscribers: 1e5, TookMicros: int64(i*j*j) << 4}
			must(t, e.PublisherIP.UnmarshalText(fmt.Appendf(nil, "ipcrypt/1/2001:db8::%x:%x", i, j)))
			d.Count(e)
		}
	}
	return d
}

// An item has 400 kB at most, and a page of a query a megabyte.
func TestARollupOfABusyMinuteIsSmall(t *testing.T) {
	d := busy(t)
	rest, err := d.MarshalBinary()
	must(t, err)
	if most := 100_000; len(rest) > most {
		t.Errorf("it has %d bytes, and may have %d", len(rest), most)
	}
	s, now := dynamo.NewTelemetry(client(local.Endpoint, nil), table(t, "telemetry")), pubsubtest.NewClock().Now()
	p := telemetry.Part{App: pubsubtest.AppA, Number: 5}
	must(t, s.Keep(t.Context(), p, telemetry.Rollup{Span: telemetry.Daily, Start: telemetry.Daily.Start(now), Digest: d, Whole: now.Add(hour), Expires: now.Add(hour)}, now))
	all, err := s.Kept(t.Context(), p, telemetry.Daily, now.Add(-24*hour), now, now)
	if err != nil || len(all) != 1 || !slices.Equal(names(all[0].Topics.Rows()), names(d.Topics.Rows())) {
		t.Errorf("%d are kept, %v", len(all), err)
	}
}

func names(all []telemetry.Topic) (names []privacy.RecordedTopic) {
	for _, x := range all {
		names = append(names, x.Name)
	}
	return names
}

// Rollups from before there were digests stay what they were.
func TestARollupWithoutADigestIsSumsAlone(t *testing.T) {
	c, name, now := client(local.Endpoint, nil), table(t, "telemetry"), pubsubtest.NewClock().Now()
	s, start := dynamo.NewTelemetry(c, name), telemetry.Hourly.Start(now)
	n := func(n int64) types.AttributeValue { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }
	i := map[string]types.AttributeValue{
		dynamo.Hash:  &types.AttributeValueMemberS{Value: "r#" + string(pubsubtest.AppA) + "#5"},
		dynamo.Range: &types.AttributeValueMemberS{Value: "h#" + start.Format("2006-01-02T15:04Z")},
		"messages":   n(3), "bytes": n(30), "n": n(3), "whole": n(now.Add(hour).Unix()), dynamo.Expiry: n(now.Add(2 * hour).Unix()),
	}
	must(t, dynamo.PutItem(t.Context(), c, name, i))
	read := func() ([]telemetry.Rollup, error) {
		return s.Kept(t.Context(), telemetry.Part{App: pubsubtest.AppA, Number: 5}, telemetry.Hourly, start, now.Add(hour), now)
	}
	all, err := read()
	must(t, err)
	want := telemetry.Rollup{
		Span: telemetry.Hourly, Start: start, Digest: telemetry.Digest{Sums: telemetry.Sums{Messages: 3, Bytes: 30}},
		Whole: now.Add(hour), Expires: now.Add(2 * hour),
	}
	if len(all) != 1 || !reflect.DeepEqual(all[0], want) {
		t.Errorf("there is %+v, want %+v", all, want)
	}
	i["digest"] = &types.AttributeValueMemberB{Value: []byte("MARKER")}
	must(t, dynamo.PutItem(t.Context(), c, name, i))
	if _, err := read(); err == nil || strings.Contains(err.Error(), "MARKER") {
		t.Errorf("a damaged one: %v", err)
	}
}
