package account_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/job"
	"tacet/core/plan"
	"tacet/core/privacy"
)

// makeApp makes an application with a client key, and returns both.
func (w *world) makeApp(c *account.Caller, name string) (*account.Application, *account.Key, grant.Secret) {
	w.Helper()
	a, err := c.MakeApp(w.Context(), account.NewApplication{Name: name}, "")
	w.must(err)
	k, secret, err := c.MakeKey(w.Context(), string(a.ID), account.NewKey{}, "")
	w.must(err)
	return a, k, secret
}

func TestAnApplicationFromItsBeginningToItsEnd(t *testing.T) {
	w := newWorld(t)
	p, c := w.plane(), w.found("ann")
	settings := app.Settings{Violations: app.ViolationsError, Addresses: privacy.Truncate}
	made, err := c.MakeApp(t.Context(), account.NewApplication{Name: " Shop ", Plan: plan.Team, Settings: settings}, "")
	w.must(err)
	if made.Name != "Shop" || made.Plan != plan.Team || made.Settings != settings || made.Suspended || made.Version == "" || made.Created.IsZero() {
		t.Errorf("made %+v", made)
	}
	id := string(made.ID)
	read, err := c.App(t.Context(), id)
	w.must(err)
	if *read != *made {
		t.Errorf("read %+v, made %+v", read, made)
	}
	seen, err := p.App(t.Context(), made.ID)
	w.must(err)
	if seen.Account != string(c.Account) || seen.Plan != plan.Team || seen.Settings != settings || seen.Blind.IsZero() {
		t.Errorf("the data plane has %+v", seen)
	}
	w.soundApps()

	name, other := "Shop (old)", app.Settings{BlindTopics: true}
	changed, err := c.UpdateApp(t.Context(), id, account.AppUpdate{Name: &name, Settings: &other}, made.Version)
	w.must(err)
	if changed.Name != name || changed.Settings != other || changed.Version == made.Version || changed.Plan != plan.Team {
		t.Errorf("changed to %+v", changed)
	}
	was := privacy.RecordTopic("x", &seen.Blind)
	if seen, err = p.App(t.Context(), made.ID); err != nil || seen.Settings != other || privacy.RecordTopic("x", &seen.Blind) != was {
		t.Errorf("the data plane has %+v, %v: with another blind key, reports tell old from new", seen, err)
	}
	_, err = c.UpdateApp(t.Context(), id, account.AppUpdate{Name: &name}, made.Version)
	w.want(fault.Conflict, err)
	if again, err := c.UpdateApp(t.Context(), id, account.AppUpdate{Name: &name}, account.AnyVersion); err != nil || *again != *changed {
		t.Errorf("nothing changed, and it is %+v, %v", again, err)
	}
	w.soundApps()

	w.want(fault.Conflict, c.DeleteApp(t.Context(), id, made.Version))
	w.must(c.DeleteApp(t.Context(), id, changed.Version))
	if _, err := p.App(t.Context(), made.ID); err == nil {
		t.Error("the data plane still has it")
	}
	for _, r := range w.memory.All() {
		if strings.Contains(r.Key.String(), id) {
			t.Errorf("%s is left", r.Key)
		}
	}
	jobs := w.jobs()
	if len(jobs) != 1 || jobs[0].Kind != job.EraseApp || jobs[0].Account != string(c.Account) || len(jobs[0].Apps) != 1 || jobs[0].Apps[0] != made.ID || len(p.begun) != 1 || p.begun[0] != string(jobs[0].ID) {
		t.Errorf("left to be done: %+v, begun %v", jobs, p.begun)
	}
	if p.ended[made.ID] != 2 {
		t.Errorf("Disconnect was called %d times, want until there are no more", p.ended[made.ID])
	}
	_, err = c.App(t.Context(), id)
	w.want(fault.NotFound, err)
	w.want(fault.NotFound, c.DeleteApp(t.Context(), id, ""))
	w.soundApps()

	entries, _, err := c.Activity(t.Context(), account.Page{})
	w.must(err)
	var log []string
	for _, e := range entries[:3] {
		log = append(log, string(e.What)+" "+e.Object)
	}
	if want := fmt.Sprintf("[apps:delete %[1]s apps:update %[1]s apps:create %[1]s]", id); fmt.Sprint(log) != want {
		t.Errorf("the log says %v, want %s", log, want)
	}
}

func TestAnothersApplicationIsAbsent(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.found("ann"), w.found("bob")
	a, k, _ := w.makeApp(ann, "shop")
	on := true
	for what, do := range map[string]func(id string) error{
		"App": func(id string) error { _, err := bob.App(t.Context(), id); return err },
		"UpdateApp": func(id string) error {
			_, err := bob.UpdateApp(t.Context(), id, account.AppUpdate{Suspended: &on}, "")
			return err
		},
		"SetPlan":   func(id string) error { _, err := bob.SetPlan(t.Context(), id, plan.Team, ""); return err },
		"DeleteApp": func(id string) error { return bob.DeleteApp(t.Context(), id, "") },
		"Keys":      func(id string) error { _, err := bob.Keys(t.Context(), id); return err },
		"MakeKey":   func(id string) error { _, _, err := bob.MakeKey(t.Context(), id, account.NewKey{}, ""); return err },
		"RevokeKey": func(id string) error { return bob.RevokeKey(t.Context(), id, k.ID) },
	} {
		foreign := do(string(a.ID))
		w.want(fault.NotFound, foreign)
		for _, id := range []string{"33333333333333333333333333333333", "no id", ""} {
			if err := do(id); err == nil || fault.Public(err).Text != fault.Public(foreign).Text {
				t.Errorf("%s: another's is told from one that is not there: %v, %v", what, foreign, err)
			}
		}
	}
	if all, _, err := bob.Apps(t.Context(), account.Page{}); err != nil || len(all) != 0 {
		t.Errorf("bob has %v, %v", all, err)
	}
	w.soundApps()
}

func TestApplicationsAreListedByPages(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	want := map[app.ID]bool{}
	for i := range 5 {
		a, _, _ := w.makeApp(c, fmt.Sprint("app ", i))
		want[a.ID] = true
	}
	var last app.ID
	page := account.Page{Limit: 2}
	for n := 0; ; n++ {
		all, next, err := c.Apps(t.Context(), page)
		w.must(err)
		for _, a := range all {
			if !want[a.ID] || a.ID <= last || !strings.HasPrefix(a.Name, "app ") {
				t.Errorf("%+v is not expected", a)
			}
			delete(want, a.ID)
			last = a.ID
		}
		if page.After = next; next == "" {
			break
		}
		if n > 5 {
			t.Fatal("no end of it")
		}
	}
	if len(want) > 0 {
		t.Errorf("%v are missing", want)
	}
}

func TestATokenForSomeApplicationsSeesThese(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	mine, _, _ := w.makeApp(c, "mine")
	other, _, _ := w.makeApp(c, "other")
	limited := w.token(c, account.NewToken{Apps: []app.ID{mine.ID}})
	if all, _, err := limited.Apps(t.Context(), account.Page{}); err != nil || len(all) != 1 || all[0].ID != mine.ID {
		t.Errorf("it sees %v, %v", all, err)
	}
	_, err := limited.App(t.Context(), string(mine.ID))
	w.must(err)
	_, err = limited.App(t.Context(), string(other.ID))
	w.want(fault.Forbidden, err)
	_, err = limited.App(t.Context(), "33333333333333333333333333333333")
	w.want(fault.Forbidden, err)
	_, err = limited.MakeApp(t.Context(), account.NewApplication{Name: "third"}, "")
	w.want(fault.Forbidden, err)
}

func TestAnAccountHasSoManyApplications(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	for range 100 {
		_, err := c.MakeApp(t.Context(), account.NewApplication{Name: "one of many"}, "")
		w.must(err)
	}
	_, err := c.MakeApp(t.Context(), account.NewApplication{Name: "too many"}, "")
	w.want(fault.TooMany, err)
	all, _, err := c.Apps(t.Context(), account.Page{Limit: 1})
	w.must(err)
	w.must(c.DeleteApp(t.Context(), string(all[0].ID), ""))
	_, err = c.MakeApp(t.Context(), account.NewApplication{Name: "in its place"}, "")
	w.must(err)
	w.soundApps()
}

func TestWhatCannotBeAnApplicationIsRefused(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	for _, a := range []account.NewApplication{
		{}, {Name: "  "}, {Name: strings.Repeat("x", 101)}, {Name: "two\nlines"}, {Name: "x", Plan: "gold"}, {Name: "x", Settings: app.Settings{Expiry: "never"}},
	} {
		_, err := c.MakeApp(t.Context(), a, "")
		w.want(fault.Invalid, err)
	}
	made, _, _ := w.makeApp(c, "x")
	for _, u := range []account.AppUpdate{{Name: new(string)}, {Settings: &app.Settings{Violations: "ignore"}}} {
		_, err := c.UpdateApp(t.Context(), string(made.ID), u, "")
		w.want(fault.Invalid, err)
	}
	w.soundApps()
}

// Whoever may make applications is not who decides what they may cost.
func TestALargerPlanNeedsWhoMayChangePlans(t *testing.T) {
	w := newWorld(t)
	dora := w.join(w.found("ann"), "dora", account.Developer)
	_, err := dora.MakeApp(t.Context(), account.NewApplication{Name: "x", Plan: plan.Team}, "")
	w.want(fault.Forbidden, err)
	_, err = dora.MakeApp(t.Context(), account.NewApplication{Name: "x", Plan: plan.Default().Name}, "")
	w.must(err)
}

func TestSuspendingEndsConnectionsAndKeepsThemOut(t *testing.T) {
	w := newWorld(t)
	p, c := w.plane(), w.found("ann")
	a, _, _ := w.makeApp(c, "shop")
	id, yes, no := string(a.ID), true, false
	_, err := w.join(c, "dora", account.Developer).UpdateApp(t.Context(), id, account.AppUpdate{Suspended: &yes}, "")
	w.want(fault.Forbidden, err)

	suspended, err := c.UpdateApp(t.Context(), id, account.AppUpdate{Suspended: &yes}, a.Version)
	w.must(err)
	seen, err := p.App(t.Context(), a.ID)
	w.must(err)
	if !suspended.Suspended || !seen.Suspended || p.ended[a.ID] != 2 {
		t.Errorf("suspended: %v, for the data plane: %v; Disconnect was called %d times", suspended.Suspended, seen.Suspended, p.ended[a.ID])
	}
	jobs := w.jobs()
	if len(jobs) != 1 || jobs[0].Kind != job.EndConnections || len(jobs[0].Apps) != 1 || jobs[0].Apps[0] != a.ID || len(p.begun) != 1 || p.begun[0] != string(jobs[0].ID) {
		t.Errorf("left to be done: %+v, begun %v", jobs, p.begun)
	}
	w.soundApps()
	_, err = c.UpdateApp(t.Context(), id, account.AppUpdate{Suspended: &no}, "")
	w.must(err)
	if seen, err = p.App(t.Context(), a.ID); err != nil || seen.Suspended {
		t.Errorf("it was resumed, and is %+v, %v", seen, err)
	}
	if len(w.jobs()) != 1 || p.ended[a.ID] != 2 {
		t.Error("resuming has ended connections")
	}
	w.soundApps()
}

func TestAPlanChangesWithWhatTelemetryThereIs(t *testing.T) {
	w := newWorld(t)
	p, c := w.plane(), w.found("ann")
	a, _, _ := w.makeApp(c, "shop")
	set := func(to plan.Name, jobs int) {
		t.Helper()
		changed, err := c.SetPlan(t.Context(), string(a.ID), to, account.AnyVersion)
		w.must(err)
		seen, err := p.App(t.Context(), a.ID)
		w.must(err)
		if changed.Plan != to || seen.Plan != to {
			t.Errorf("the plan is %s, for the data plane %s; want %s", changed.Plan, seen.Plan, to)
		}
		if got := w.jobs(); len(got) != jobs || len(p.begun) != jobs {
			t.Errorf("on %s there are %d jobs, %d begun, want %d", to, len(got), len(p.begun), jobs)
		}
		w.soundApps()
	}
	set(plan.Default().Name, 0)
	set(plan.Business, 1)
	j := w.jobs()[0]
	if j.Kind != job.Restamp || j.Retention != 365*24*time.Hour || len(j.Apps) != 1 || j.Apps[0] != a.ID || p.begun[0] != string(j.ID) {
		t.Errorf("left to be done: %+v", j)
	}
	set(plan.Unlimited, 1) // it keeps as long
	set(plan.Free, 2)
	_, err := c.SetPlan(t.Context(), string(a.ID), plan.Team, a.Version)
	w.want(fault.Conflict, err)
	_, err = c.SetPlan(t.Context(), string(a.ID), "gold", "")
	w.want(fault.Invalid, err)
}

func TestAnApplicationIsMadeOnceForAKey(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	asked := account.NewApplication{Name: "shop"}
	first, err := c.MakeApp(t.Context(), asked, "key")
	w.must(err)
	again, err := c.MakeApp(t.Context(), asked, "key")
	w.must(err)
	if *again != *first || w.lines(c.Account, "app/") != 1 {
		t.Errorf("made %+v, and then %+v", first, again)
	}
	_, err = c.MakeApp(t.Context(), account.NewApplication{Name: "other"}, "key")
	w.want(fault.Conflict, err)
	w.must(c.DeleteApp(t.Context(), string(first.ID), ""))
	_, err = c.MakeApp(t.Context(), asked, "key")
	w.want(fault.Conflict, err)
	w.soundApps()
}

// Where there is no time left, nothing is ended, and it is for the job to go on.
func TestNobodyWaitsForConnectionsThatThereIsNoTimeToEnd(t *testing.T) {
	w := newWorld(t)
	w.plane()
	calls := 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.Disconnect = func(context.Context, app.ID) (int, bool, error) {
		if calls++; calls > 2 {
			cancel() // or it would go on for ever
		}
		return 2 - min(2, calls), true, nil
	}
	of, err := w.Provision(t.Context(), development)
	w.must(err)
	suspended := true
	_, err = w.operator(of).UpdateApp(ctx, string(development.App), account.AppUpdate{Suspended: &suspended}, "")
	w.must(err)
	if calls != 2 {
		t.Errorf("Disconnect was called %d times", calls)
	}
}
