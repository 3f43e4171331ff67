package account_test

import (
	"strings"
	"testing"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/plan"
)

func TestAnApplicationIsReachedByWhoMay(t *testing.T) {
	s := newStage(t)
	other, err := s.owner.MakeApp(t.Context(), account.NewApplication{Name: "other"}, "")
	s.must(err)
	for name, c := range map[string]struct {
		by   *account.Caller
		want fault.Kind // 0 for somebody who may
	}{
		"an owner": {s.owner, 0}, "a developer": {s.developer, 0}, "a viewer": {s.viewer, 0}, "who pays": {s.billing, fault.Forbidden},
		"a token":                       {s.token(s.owner, account.NewToken{}), 0},
		"a token of who pays":           {s.token(s.billing, account.NewToken{}), fault.Forbidden},
		"a token of another scope":      {s.token(s.owner, account.NewToken{Scope: []account.Action{account.ReadApps}}), fault.Forbidden},
		"a token for it":                {s.token(s.owner, account.NewToken{Apps: []app.ID{s.app.ID}}), 0},
		"a token for other ones":        {s.token(s.owner, account.NewToken{Apps: []app.ID{other.ID}}), fault.Forbidden},
		"somebody of another account":   {s.found("frida"), fault.NotFound},
		"a token of another account":    {s.token(s.found("fred"), account.NewToken{}), fault.NotFound},
		"an account that is on its way": {s.deleting(), fault.NotFound},
	} {
		caller, a, err := s.Reach(t.Context(), c.by.Principal, string(s.app.ID), account.ReadReports)
		if c.want == 0 {
			if err != nil || caller.Account != s.owner.Account || a.ID != s.app.ID {
				t.Errorf("%s: %v, %v", name, a, err)
			}
		} else if fault.KindOf(err) != c.want || caller != nil || a != nil {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
}

// A token that is not for an application is told the same whether there is one.
func TestATokenLearnsNothingOfApplicationsThatItIsNotFor(t *testing.T) {
	s := newStage(t)
	for name, by := range map[string]*account.Caller{
		"of another scope": s.token(s.owner, account.NewToken{Scope: []account.Action{account.ReadApps}}),
		"for another":      s.token(s.owner, account.NewToken{Apps: []app.ID{app.ID(strings.Repeat("1", 32))}}),
	} {
		_, _, err := s.Reach(t.Context(), by.Principal, string(s.app.ID), account.ReadReports)
		_, _, absent := s.Reach(t.Context(), by.Principal, strings.Repeat("2", 32), account.ReadReports)
		if *fault.Public(err) != *fault.Public(absent) {
			t.Errorf("a token %s: %v, and %v for one that is not there", name, err, absent)
		}
	}
}

// What an application's former plan has kept for too short is never taken for
// the whole, so the record tells it.
func TestAnApplicationRemembersAShorterRetention(t *testing.T) {
	s := newStage(t) // of the free plan
	former := func() app.Former {
		a, err := s.Application(t.Context(), s.app.ID)
		s.must(err)
		return a.Former
	}
	if got := former(); got != (app.Former{}) {
		t.Errorf("a new one had %v", got)
	}
	short := plan.Default().Retention
	_, err := s.owner.SetPlan(t.Context(), string(s.app.ID), plan.Team, "")
	s.must(err)
	if got := former(); got.Retention != short || !got.Until.After(s.time()) {
		t.Errorf("after another plan it had %v", got)
	}
	s.must(s.Place(t.Context(), who("olga"), "placed", &app.App{ID: s.app.ID, Plan: plan.Business}, development.Keys))
	if got := former(); got.Retention != short {
		t.Errorf("after it was placed it had %v", got)
	}
}
