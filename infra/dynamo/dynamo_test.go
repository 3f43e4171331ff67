package dynamo_test

import (
	"fmt"
	"os"
	"testing"

	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/wire"
	"tacet/infra/dynamo"
	"tacet/infra/dynamo/dynamotest"
)

// local is what all tests of this package talk to.
var local *dynamotest.Local

func TestMain(m *testing.M) {
	err := skipElsewhere()
	if err == nil {
		local, err = dynamotest.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	local.Stop()
	os.Exit(status)
}

// client returns a client of DynamoDB Local, or of what stands before it.
func client(endpoint string, called func(dynamo.Call)) *dynamo.Client {
	return dynamo.NewClient(dynamo.Options{Region: dynamotest.Region, Endpoint: endpoint, Credentials: dynamotest.Credentials, Called: called})
}

// table returns an empty table of a class.
func table(t testing.TB, class string) string { return local.Create(t, class)[class] }

func openStores(t *testing.T, clock *pubsubtest.Clock) pubsubtest.Stores {
	return stores(client(local.Endpoint, nil), local.Create(t, "realtime"), clock)
}

func stores(c *dynamo.Client, names dynamotest.Names, clock *pubsubtest.Clock) pubsubtest.Stores {
	r := dynamo.NewRealtime(c, names["realtime"], clock.Now)
	return pubsubtest.Stores{Connections: r, Subscriptions: r, Audience: r, Rates: new(dynamo.Rates)}
}

func TestTheStoresKeepTheContracts(t *testing.T) {
	t.Run("connections", func(t *testing.T) { pubsubtest.TestConnections(t, openStores) })
	t.Run("subscriptions", func(t *testing.T) { pubsubtest.TestSubscriptions(t, openStores) })
	t.Run("audience", func(t *testing.T) { pubsubtest.TestAudience(t, openStores) })
	t.Run("rates", func(t *testing.T) { pubsubtest.TestRates(t, openStores) })
	t.Run("recorder", func(t *testing.T) {
		pubsubtest.TestRecorder(t, func(t *testing.T, _ *pubsubtest.Clock) pubsubtest.Telemetry {
			return dynamo.NewTelemetry(client(local.Endpoint, nil), table(t, "telemetry"))
		})
	})
	t.Run("day secrets", func(t *testing.T) {
		pubsubtest.TestDaySecrets(t, func(t *testing.T, clock *pubsubtest.Clock) privacy.DaySecrets {
			return dynamo.NewSecrets(client(local.Endpoint, nil), table(t, "realtime"), clock.Now)
		})
	})
}

func connID(id string) wire.ConnID { return wire.ConnID(id) }
