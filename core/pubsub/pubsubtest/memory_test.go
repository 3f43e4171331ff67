package pubsubtest_test

import (
	"testing"

	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
)

func model(t *testing.T, clock *pubsubtest.Clock) *pubsubtest.Memory {
	m := pubsubtest.NewMemory(t, clock)
	t.Cleanup(m.CheckLoans)
	return m
}

func openModel(t *testing.T, clock *pubsubtest.Clock) pubsubtest.Stores {
	return model(t, clock).Stores()
}

func TestTheModelKeepsTheContracts(t *testing.T) {
	t.Run("connections", func(t *testing.T) { pubsubtest.TestConnections(t, openModel) })
	t.Run("subscriptions", func(t *testing.T) { pubsubtest.TestSubscriptions(t, openModel) })
	t.Run("audience", func(t *testing.T) { pubsubtest.TestAudience(t, openModel) })
	t.Run("rates", func(t *testing.T) { pubsubtest.TestRates(t, openModel) })
	t.Run("recorder", func(t *testing.T) {
		pubsubtest.TestRecorder(t, func(t *testing.T, clock *pubsubtest.Clock) pubsubtest.Telemetry {
			return model(t, clock)
		})
	})
	t.Run("apps", func(t *testing.T) {
		pubsubtest.TestApps(t, func(t *testing.T, all ...pubsubtest.Tenant) pubsub.Apps {
			m := model(t, pubsubtest.NewClock())
			for _, x := range all {
				m.Put(x.App, x.Keys)
			}
			return m
		})
	})
	t.Run("day secrets", func(t *testing.T) {
		pubsubtest.TestDaySecrets(t, func(t *testing.T, clock *pubsubtest.Clock) privacy.DaySecrets { return model(t, clock) })
	})
}
