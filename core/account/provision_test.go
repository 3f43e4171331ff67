package account_test

import (
	"testing"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/fault/faulttest"
	"tacet/core/grant"
	"tacet/core/job"
	"tacet/core/plan"
	"tacet/core/privacy"
)

// development is what a host sets up at each start.
var development = account.Provision{
	Owner: account.Identity{Issuer: "tacet:local", Subject: "operator", Operator: true},
	App:   "dddddddddddddddddddddddddddddddd", Name: "development", Plan: plan.Unlimited,
	Keys: grant.Slots{
		Client: [2]grant.Slot{{Algorithm: grant.HS256, Text: grant.NewSecret(there)}},
		Admin:  [2]grant.Slot{{Algorithm: grant.HS256, Text: grant.NewSecret(theirs)}},
	},
	Blind: privacy.NewBlindKey([privacy.SecretSize]byte{1}),
}

// operator returns who runs the platform, in his account.
func (w *world) operator(of account.ID) *account.Caller {
	w.Helper()
	token, _, err := w.SignIn(w.Context(), development.Owner)
	w.must(err)
	return w.in(w.authenticate(token), of)
}

func TestAHostSetsItselfUpOnce(t *testing.T) {
	w := newWorld(t)
	p := w.plane()
	of, err := w.Provision(t.Context(), development)
	w.must(err)
	w.soundApps()
	if !p.admits(t, w, development.App, grant.Client, grant.NewSecret(there)) || !p.admits(t, w, development.App, grant.Admin, grant.NewSecret(theirs)) {
		t.Error("the keys do not verify")
	}
	c := w.operator(of)
	if c.Role != account.Owner {
		t.Errorf("the operator is %s", c.Role)
	}
	keys, err := c.Keys(t.Context(), string(development.App))
	w.must(err)
	if len(keys) != 2 {
		t.Errorf("the keys are %+v", keys)
	}

	// What its owner changes stays.
	name := "mine"
	_, err = c.UpdateApp(t.Context(), string(development.App), account.AppUpdate{Name: &name, Settings: &app.Settings{Expiry: app.ExpiryEnforce}}, "")
	w.must(err)
	w.must(c.RevokeKey(t.Context(), string(development.App), keys[0].ID))
	_, err = c.SetPlan(t.Context(), string(development.App), plan.Team, "")
	w.must(err)
	before := w.memory.All()
	again, err := w.Provision(t.Context(), development)
	w.must(err)
	if again != of || len(before) != len(w.memory.All()) {
		t.Errorf("it is in %s, and was in %s; there were %d records, and are %d", again, of, len(before), len(w.memory.All()))
	}
	for i, r := range w.memory.All() {
		if before[i].Version != r.Version {
			t.Errorf("%s was changed", r.Key)
		}
	}

	replan := development
	replan.Replan = true
	_, err = w.Provision(t.Context(), replan)
	w.must(err)
	a, err := c.App(t.Context(), string(development.App))
	w.must(err)
	if a.Plan != plan.Unlimited || a.Name != name || a.Settings.Expiry != app.ExpiryEnforce {
		t.Errorf("it is %+v", a)
	}
	if jobs := w.jobs(); jobs[len(jobs)-1].Kind != job.Restamp && jobs[0].Kind != job.Restamp {
		t.Errorf("left to be done: %+v", jobs)
	}
	w.soundApps()

	another := development
	another.App = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
	if in, err := w.Provision(t.Context(), another); err != nil || in != of {
		t.Errorf("another application is in %s, %v; want the account that there is, %s", in, err, of)
	}
	w.soundApps()
}

func TestSettingUpIsDoneAgainAfterWhateverFails(t *testing.T) {
	count := func() int {
		w := newWorld(t)
		w.faults.Fail(0, faulttest.NotApplied)
		_, err := w.Provision(t.Context(), development)
		w.must(err)
		return len(w.faults.Stop())
	}()
	for nth := 1; nth <= count; nth++ {
		for _, how := range faulttest.Ways {
			w := newWorld(t)
			w.faults.Crash(nth, how)
			if _, err := w.Provision(t.Context(), development); err == nil {
				t.Errorf("call %d, %s: no error", nth, how)
			}
			w.faults.Stop()
			w.soundApps()
			of, err := w.Provision(t.Context(), development)
			w.must(err)
			accounts := 0
			for _, r := range w.memory.All() {
				if r.Part.Kind == 'o' && r.Name == "account" {
					accounts++
				}
			}
			if accounts != 1 || w.lines(of, "app/") != 1 {
				t.Errorf("call %d, %s: %d accounts, %d applications", nth, how, accounts, w.lines(of, "app/"))
			}
			w.soundApps()
		}
	}
}

// The deletion of an account goes on when its host runs, and so it must not keep
// it from starting.
func TestAHostIsSetUpWhileItsAccountIsBeingDeleted(t *testing.T) {
	w := newWorld(t)
	of, err := w.Provision(t.Context(), development)
	w.must(err)
	r, err := w.memory.Get(t.Context(), directory.Key{Part: of.Part(), Name: "account"})
	w.must(err)
	condemned, err := account.Condemn(r)
	w.must(err)
	_, err = w.memory.Apply(t.Context(), condemned)
	w.must(err)
	replan := development
	replan.Plan, replan.Replan = plan.Team, true
	if in, err := w.Provision(t.Context(), replan); err != nil || in != of {
		t.Errorf("it is in %s, %v", in, err)
	}
}
