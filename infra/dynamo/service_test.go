package dynamo_test

import (
	"testing"

	"tacet/core/pubsub/pubsubtest"
)

func TestEveryVerbSurvivesEveryFault(t *testing.T) { pubsubtest.TestService(t, openStores) }
