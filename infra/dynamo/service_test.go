package dynamo_test

import (
	"testing"

	"tacet/core/pubsub/pubsubtest"
)

// It is several hundred requests for each of five hundred faults. The model and
// the embedded stores are tried in the same way by every run, so a quick one
// does without.
func TestEveryVerbSurvivesEveryFault(t *testing.T) {
	if testing.Short() {
		t.Skip("a quick run does without")
	}
	pubsubtest.TestService(t, openStores)
}
