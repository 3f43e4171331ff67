package dynamo_test

import (
	"testing"

	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
	"tacet/infra/dynamo"
)

func TestLifetimesKeepTheContract(t *testing.T) {
	telemetrytest.TestLifetime(t, func(t *testing.T) (telemetrytest.Store, func(telemetry.Record)) {
		clock := pubsubtest.NewClock()
		s := &rolled{Telemetry: dynamo.NewTelemetry(client(local.Endpoint, nil), table(t, "telemetry")), clock: clock}
		return s, func(r telemetry.Record) {
			clock.Advance(r.At.Sub(clock.Now()))
			must(t, s.Record(t.Context(), r, true))
		}
	})
}
