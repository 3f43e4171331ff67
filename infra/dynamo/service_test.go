package dynamo_test

import (
	"flag"
	"testing"

	"tacet/core/pubsub/pubsubtest"
)

// elsewhere are the faults of ports that are the model's in this suite: it runs
// them against itself, in the same way. Who names tests by -run or -skip gets
// what is named: all faults by -run TestEveryVerbSurvivesEveryFault.
const elsewhere = "TestEveryVerbSurvivesEveryFault/.*/_(Apps|Poster|Recorder|Rates|DaySecrets|Greet|CountOpen)"

func skipElsewhere() error {
	flag.Parse()
	if flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" {
		return nil
	}
	return flag.Set("test.skip", elsewhere)
}

// One fault takes several hundred requests, so a quick run does without.
func TestEveryVerbSurvivesEveryFault(t *testing.T) {
	if testing.Short() {
		t.Skip("a quick run does without")
	}
	pubsubtest.TestService(t, openStores)
}
