package dynamo_test

import (
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/seal/sealtest"
	"tacet/infra/dynamo"
)

// Applications are read out of the directory by a reader that knows no DynamoDB.
func TestApplicationsAreReadOutOfTheDirectory(t *testing.T) {
	pubsubtest.TestApps(t, func(t *testing.T, all ...pubsubtest.Tenant) pubsub.Apps {
		clock, vault := pubsubtest.NewClock(), sealtest.NewVault(sealtest.Random(1))
		d := dynamo.NewDirectory(client(local.Endpoint, nil), table(t, "directory"), clock.Now)
		for _, x := range all {
			x.Keep(t, d, vault)
		}
		return &app.Reader{Directory: d, Vault: vault, Remember: 5 * time.Second, Now: clock.Now}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnApplicationChangesEverywhereWithinSeconds(t *testing.T) {
	clock, table, vault := pubsubtest.NewClock(), table(t, "directory"), sealtest.NewVault(sealtest.Random(1))
	calls := 0
	reader := func(called func(dynamo.Call)) *app.Reader {
		d := dynamo.NewDirectory(client(local.Endpoint, called), table, clock.Now).Relaxed()
		return &app.Reader{Directory: d, Remember: 5 * time.Second, Now: clock.Now}
	}
	here, there := reader(nil), reader(func(dynamo.Call) { calls++ })
	wantPlan := func(a *app.Reader, want plan.Name) {
		t.Helper()
		x, err := a.App(t.Context(), pubsubtest.AppA)
		must(t, err)
		if x.Plan != want {
			t.Errorf("the plan is %s, want %s", x.Plan, want)
		}
	}
	put := func(p plan.Name) {
		t.Helper()
		a := pubsubtest.NewApp(pubsubtest.AppA, app.Settings{})
		a.Plan = p
		pubsubtest.Tenant{App: a, Keys: grant.Slots{}}.Keep(t, dynamo.NewDirectory(client(local.Endpoint, nil), table, clock.Now), vault)
		here.Changed(a.ID)
	}
	put(plan.Free)
	wantPlan(here, plan.Free)
	wantPlan(there, plan.Free)
	put(plan.Team)
	wantPlan(here, plan.Team)
	wantPlan(there, plan.Free)
	if calls != 1 {
		t.Errorf("read twice within seconds, it was asked for %d times", calls)
	}
	clock.Advance(5 * time.Second)
	wantPlan(there, plan.Team)
}
