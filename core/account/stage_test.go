package account_test

import (
	"slices"
	"testing"

	"tacet/core/account"
	"tacet/core/grant"
)

// stage is an account with somebody of each role and something of each kind.
type stage struct {
	*world
	owner, admin, developer, billing, viewer *account.Caller
	invitation                               *account.Invitation // for ivy
	tokens                                   map[account.Role]*account.Token
	app                                      *account.Application
	key                                      *account.Key // of the application's client tokens
}

func newStage(t *testing.T) *stage {
	w := newWorld(t)
	s := &stage{world: w, owner: w.found("olga"), tokens: map[account.Role]*account.Token{}}
	_, err := s.owner.Update(t.Context(), account.Profile{FullName: "Olga Owner", AgeRange: account.From50, Email: "olga@private.example"}, "")
	w.must(err)
	_, err = s.owner.SetPayment(t.Context(), account.Payment{Reference: "cus_OlgaOwner", Brand: "Visa", LastFour: "4242", Expires: "2030-01"}, "")
	w.must(err)
	s.admin = w.join(s.owner, "adam", account.Admin)
	s.developer = w.join(s.owner, "dora", account.Developer)
	s.billing = w.join(s.owner, "bill", account.Billing)
	s.viewer = w.join(s.owner, "vera", account.Viewer)
	s.invitation, err = s.owner.Invite(t.Context(), "Ivy@example.org", account.Viewer, "")
	w.must(err)
	for r, c := range s.members() {
		s.tokens[r], _, err = c.MakeToken(t.Context(), account.NewToken{Name: "laptop of " + string(r)}, "")
		w.must(err)
	}
	s.app, err = s.owner.MakeApp(t.Context(), account.NewApplication{Name: "shop of Olga"}, "")
	w.must(err)
	s.key, _, err = s.owner.MakeKey(t.Context(), string(s.app.ID), account.NewKey{Text: grant.NewSecret(there)}, "")
	w.must(err)
	_, err = s.reader.App(t.Context(), s.app.ID) // it is remembered from now on
	w.must(err)
	return s
}

// members returns who has which role.
func (s *stage) members() map[account.Role]*account.Caller {
	return map[account.Role]*account.Caller{
		account.Owner: s.owner, account.Admin: s.admin, account.Developer: s.developer, account.Billing: s.billing, account.Viewer: s.viewer,
	}
}

// verb is something that a member does on the stage.
type verb struct {
	name   string
	action account.Action
	do     func(t *testing.T, s *stage, c *account.Caller) error
	// writes says that the activity log has a line more after it.
	writes bool
}

var name = "Nora New"

// verbs are all that members do.
var verbs = slices.Concat(peopleVerbs, appVerbs)

// peopleVerbs are those that are not about applications.
var peopleVerbs = []verb{
	{"Get", account.ReadAccount, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, err := c.Get(t.Context())
		return err
	}, false},
	{"Update", account.UpdateAccount, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, err := c.Update(t.Context(), account.Profile{FullName: name}, "")
		return err
	}, true},
	{"Payment", account.ReadPayment, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, _, err := c.Payment(t.Context())
		return err
	}, false},
	{"SetPayment", account.UpdatePayment, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, err := c.SetPayment(t.Context(), account.Payment{Brand: "Mastercard"}, account.AnyVersion)
		return err
	}, true},
	{"Members", account.ReadMembers, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, _, err := c.Members(t.Context(), account.Page{})
		return err
	}, false},
	{"GetMember", account.ReadMembers, func(t *testing.T, s *stage, c *account.Caller) error {
		_, err := c.GetMember(t.Context(), string(s.viewer.Member))
		return err
	}, false},
	{"SetRole", account.ManageMembers, func(t *testing.T, s *stage, c *account.Caller) error {
		_, err := c.SetRole(t.Context(), string(s.viewer.Member), account.Billing, "")
		return err
	}, true},
	{"Remove another", account.ManageMembers, func(t *testing.T, s *stage, c *account.Caller) error {
		other := s.viewer.Member
		if c.Member == other {
			other = s.developer.Member
		}
		return c.Remove(t.Context(), string(other), "")
	}, true},
	{"Leave", account.LeaveAccount, func(t *testing.T, s *stage, c *account.Caller) error {
		if c.Member == s.owner.Member {
			_, err := s.owner.SetRole(t.Context(), string(s.admin.Member), account.Owner, "")
			s.must(err)
		}
		return c.Remove(t.Context(), string(c.Member), "")
	}, true},
	{"Invite", account.ManageMembers, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, err := c.Invite(t.Context(), "nora@example.org", account.Viewer, "")
		return err
	}, true},
	{"Invited", account.ReadMembers, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, _, err := c.Invited(t.Context(), account.Page{})
		return err
	}, false},
	{"Withdraw", account.ManageMembers, func(t *testing.T, s *stage, c *account.Caller) error {
		return c.Withdraw(t.Context(), s.invitation.ID)
	}, true},
	{"MakeToken", account.ManageTokens, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, _, err := c.MakeToken(t.Context(), account.NewToken{Name: "ci"}, "")
		return err
	}, true},
	{"Tokens", account.ManageTokens, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, _, err := c.Tokens(t.Context(), account.Page{})
		return err
	}, false},
	{"RevokeToken", account.ManageTokens, func(t *testing.T, s *stage, c *account.Caller) error {
		return c.RevokeToken(t.Context(), s.tokens[c.Role].ID)
	}, true},
	{"Activity", account.ReadActivity, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, _, err := c.Activity(t.Context(), account.Page{})
		return err
	}, false},
}

// sound makes sure that nothing is broken.
func (w *world) sound() {
	w.Helper()
	for _, line := range account.Broken(w.memory.All()) {
		w.Error(line)
	}
	w.soundApps()
}
