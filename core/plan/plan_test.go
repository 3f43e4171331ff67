package plan_test

import (
	"strings"
	"testing"

	"tacet/core/fault"
	"tacet/core/plan"
)

// The public clients count on what an application begins with.
func TestTheDefaultPlanAdmitsWhatClientsRelyOn(t *testing.T) {
	p := plan.Default()
	if p.Connections < 100 || p.ConnectionsPerSubject < 2 || p.MessagesPerSecond < 60 {
		t.Errorf("the default plan is too small: %+v", p)
	}
}

func TestEachPlanIsFoundByItsNameAndExpires(t *testing.T) {
	for _, p := range plan.All() {
		got, err := plan.ByName(p.Name)
		if err != nil || got != p {
			t.Errorf("ByName(%q) = %+v, %v", p.Name, got, err)
		}
		if p.Retention <= 0 {
			t.Errorf("%s keeps telemetry for ever", p.Name)
		}
	}
}

func TestAnUnknownPlanIsRefusedWithTheNamesThereAre(t *testing.T) {
	_, err := plan.ByName("gold")
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "unlimited") {
		t.Errorf("ByName(gold): %v", err)
	}
}

func TestNobodyCanChangeTheTable(t *testing.T) {
	plan.All()[0].Connections = 1
	if plan.Default().Connections == 1 {
		t.Error("All hands out the table itself")
	}
}
