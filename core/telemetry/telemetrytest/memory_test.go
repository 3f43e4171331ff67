package telemetrytest_test

import (
	"testing"

	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
)

func TestTheModelKeepsTheContract(t *testing.T) {
	telemetrytest.TestRollups(t, func(*testing.T) (telemetry.Rollups, func(telemetry.Part, telemetry.Record)) {
		m := new(telemetrytest.Memory)
		return m, m.Write
	})
}
