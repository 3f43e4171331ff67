package dynamo_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
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
	for part := range 8 {
		if err := telemetry.Roll(ctx, r.Telemetry, telemetry.Part{App: e.App, Number: part}, news, r.clock.Now()); err != nil {
			return err
		}
	}
	return nil
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
