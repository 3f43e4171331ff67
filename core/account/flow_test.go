package account_test

import (
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/fault"
)

func TestAnAccountFromItsBeginningToItsLastMember(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	bob := w.join(ann, "bob", account.Developer)

	a, err := ann.Update(t.Context(), account.Profile{FullName: " Ann Example ", AgeRange: account.From35, Email: "Ann@Example.ORG"}, account.AnyVersion)
	w.must(err)
	if a.Profile.FullName != "Ann Example" || a.Profile.Email != "Ann@example.org" {
		t.Errorf("the profile is %+v", a.Profile)
	}
	read, err := bob.Get(t.Context())
	w.must(err)
	if *read != *a {
		t.Errorf("read %+v, wrote %+v", read, a)
	}

	members, next, err := bob.Members(t.Context(), account.Page{})
	w.must(err)
	if len(members) != 2 || next != "" {
		t.Errorf("the members are %+v, and then %q", members, next)
	}
	byToken := w.token(bob, account.NewToken{Scope: []account.Action{account.ReadMembers}})
	if _, _, err := byToken.Members(t.Context(), account.Page{}); err != nil {
		t.Error(err)
	}
	_, err = byToken.Get(t.Context())
	w.want(fault.Forbidden, err)

	w.must(ann.Remove(t.Context(), string(bob.Member), ""))
	_, err = w.In(t.Context(), bob.Principal, string(ann.Account))
	w.want(fault.NotFound, err)
	_, err = w.In(t.Context(), byToken.Principal, string(ann.Account))
	w.want(fault.NotFound, err)
	w.want(fault.Conflict, ann.Remove(t.Context(), string(ann.Member), ""))

	entries, _, err := ann.Activity(t.Context(), account.Page{})
	w.must(err)
	var log []account.Action
	for _, e := range entries {
		log = append(log, e.What)
	}
	if len(log) != 6 || log[0] != account.ManageMembers || log[1] != account.ManageTokens || log[5] != account.UpdateAccount {
		t.Errorf("the log says %v", log)
	}
	w.advance(account.KeepActivity + time.Hour)
	if n := w.lines(ann.Account, "log/"); n != 0 {
		t.Errorf("%d lines of the log are left after a year", n)
	}
}

func TestATokenThatIsForSomeApplicationsTouchesNoOther(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	const mine, other = "11111111111111111111111111111111", "22222222222222222222222222222222"
	w.must(c.AllowApp(other))
	w.must(w.token(c, account.NewToken{}).AllowApp(other))
	limited := w.token(c, account.NewToken{Apps: []app.ID{mine}})
	w.must(limited.AllowApp(mine))
	w.want(fault.Forbidden, limited.AllowApp(other))
}

func TestATokenThatIsForSomeApplicationsReachesNoOtherInAnotherWay(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	const mine = "11111111111111111111111111111111"
	limited := w.token(c, account.NewToken{Apps: []app.ID{mine}})
	for _, a := range []account.Action{account.CreateApps, account.ExportAccount, account.ManageMembers, account.ReadActivity} {
		w.want(fault.Forbidden, limited.Allow(a))
		w.must(w.token(c, account.NewToken{}).Allow(a))
	}
	for _, a := range []account.Action{account.ReadAccount, account.ReadApps, account.ManageKeys, account.DeleteApps, account.ReadReports} {
		w.must(limited.Allow(a))
	}
	_, err := limited.Invite(t.Context(), "mallory@example.org", account.Viewer, "")
	w.want(fault.Forbidden, err)
}

func TestATokenMakesNobodyAnOwner(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	program := w.token(c, account.NewToken{Scope: []account.Action{account.ManageMembers}})
	_, err := program.Invite(t.Context(), "mallory@example.org", account.Owner, "")
	w.want(fault.Forbidden, err)
	_, err = program.SetRole(t.Context(), string(c.Member), account.Owner, account.AnyVersion)
	w.want(fault.Forbidden, err)
	_, err = program.Invite(t.Context(), "bob@example.org", account.Viewer, "")
	w.must(err)
	_, err = c.Invite(t.Context(), "carol@example.org", account.Owner, "")
	w.must(err)
}
