package embedded_test

import (
	"testing"

	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/embedded"
)

func openMemory(_ *testing.T, clock *pubsubtest.Clock) pubsubtest.Stores {
	m := embedded.NewMemory(clock.Now)
	return pubsubtest.Stores{Connections: m, Subscriptions: m, Audience: m, Rates: m}
}

func TestMemoryKeepsTheContracts(t *testing.T) {
	t.Run("connections", func(t *testing.T) { pubsubtest.TestConnections(t, openMemory) })
	t.Run("subscriptions", func(t *testing.T) { pubsubtest.TestSubscriptions(t, openMemory) })
	t.Run("audience", func(t *testing.T) { pubsubtest.TestAudience(t, openMemory) })
	t.Run("rates", func(t *testing.T) { pubsubtest.TestRates(t, openMemory) })
}

func TestEveryVerbSurvivesEveryFaultOnMemory(t *testing.T) { pubsubtest.TestService(t, openMemory) }
