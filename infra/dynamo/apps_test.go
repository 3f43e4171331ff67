package dynamo_test

import (
	"errors"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/dynamo"
)

func openApps(t *testing.T, clock *pubsubtest.Clock, all ...pubsubtest.Tenant) *dynamo.Apps {
	t.Helper()
	a := dynamo.NewApps(client(local.Endpoint, nil), local.Create(t)["directory"], clock.Now)
	for _, x := range all {
		must(t, a.Put(t.Context(), x.App, x.Keys))
	}
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnApplicationChangesEverywhereWithinSeconds(t *testing.T) {
	clock, table := pubsubtest.NewClock(), local.Create(t)["directory"]
	here := dynamo.NewApps(client(local.Endpoint, nil), table, clock.Now)
	calls := 0
	there := dynamo.NewApps(client(local.Endpoint, func(dynamo.Call) { calls++ }), table, clock.Now)
	wantPlan := func(a *dynamo.Apps, want string) {
		t.Helper()
		x, err := a.App(t.Context(), pubsubtest.AppA)
		must(t, err)
		if string(x.Plan) != want {
			t.Errorf("the plan is %s, want %s", x.Plan, want)
		}
	}
	must(t, here.Put(t.Context(), &app.App{ID: pubsubtest.AppA, Plan: "free"}, grant.Slots{}))
	wantPlan(here, "free")
	wantPlan(there, "free")
	must(t, here.Put(t.Context(), &app.App{ID: pubsubtest.AppA, Plan: "team"}, grant.Slots{}))
	wantPlan(here, "team")
	wantPlan(there, "free")
	if calls != 1 {
		t.Errorf("read twice within seconds, it was asked for %d times", calls)
	}
	clock.Advance(5 * time.Second)
	wantPlan(there, "team")
}

func TestAnApplicationThatCannotWorkIsRefused(t *testing.T) {
	a := openApps(t, pubsubtest.NewClock())
	for _, x := range []pubsubtest.Tenant{
		{App: &app.App{ID: "no id"}},
		{App: &app.App{ID: pubsubtest.AppA, Settings: app.Settings{Expiry: "never"}}},
		{App: &app.App{ID: pubsubtest.AppA}, Keys: grant.Slots{Client: [2]grant.Slot{{Algorithm: "none", Text: grant.NewSecret("x")}}}},
	} {
		if err := a.Put(t.Context(), x.App, x.Keys); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", x, err)
		}
	}
	if _, err := a.App(t.Context(), pubsubtest.AppA); !errors.Is(err, pubsub.ErrNoApp) {
		t.Errorf("a refused application: %v", err)
	}
}
