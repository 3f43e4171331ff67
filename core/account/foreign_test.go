package account_test

import (
	"slices"
	"strings"
	"testing"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/fault"
)

// What one may not know of is the same answer, on the same path, as what is not
// there.
func TestTheForeignIsAbsent(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	ivy := s.signIn("ivy")
	foreign := s.found("frida")
	member := s.join(foreign, "fred", account.Viewer)
	invitation, err := foreign.Invite(ctx, "frank@example.org", account.Viewer, "")
	s.must(err)
	token, _, err := member.MakeToken(ctx, account.NewToken{Name: "t"}, "")
	s.must(err)
	byToken := s.token(s.owner, account.NewToken{})
	deleted := s.deleting()
	theirs, err := foreign.MakeApp(ctx, account.NewApplication{Name: "theirs"}, "")
	s.must(err)

	for _, c := range []struct {
		name string
		of   string // the id of something foreign
		ask  func(id string) error
	}{
		{"an account, by a person", string(foreign.Account), func(id string) error { _, err := s.In(ctx, s.owner.Principal, id); return err }},
		{"an account, by a person of none", string(foreign.Account), func(id string) error { _, err := s.In(ctx, ivy, id); return err }},
		{"an account, by a token of another", string(foreign.Account), func(id string) error { _, err := s.In(ctx, byToken.Principal, id); return err }},
		{"an account that is being deleted, by another", string(deleted.Account), func(id string) error { _, err := s.In(ctx, ivy, id); return err }},
		{"a member", string(member.Member), func(id string) error { _, err := s.owner.GetMember(ctx, id); return err }},
		{"a member to change", string(member.Member), func(id string) error { _, err := s.owner.SetRole(ctx, id, account.Admin, ""); return err }},
		{"a member to remove", string(member.Member), func(id string) error { return s.owner.Remove(ctx, id, "") }},
		{"an invitation to withdraw", invitation.ID, func(id string) error { return s.owner.Withdraw(ctx, id) }},
		{"an invitation to accept", invitation.ID, func(id string) error { _, err := s.Accept(ctx, ivy, id); return err }},
		{"an access token of another account", token.ID, func(id string) error { return s.owner.RevokeToken(ctx, id) }},
		{"an application, wherever it is", string(theirs.ID), func(id string) error {
			_, _, err := s.Reach(ctx, s.owner.Principal, id, account.ReadReports)
			return err
		}},
		{"an access token of another member", s.tokens[account.Owner].ID, func(id string) error { return s.viewer.RevokeToken(ctx, id) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := s.memory.All()
			ask := func(id string) (*fault.Error, []string) {
				s.faults.Fail(0, 0)
				err := c.ask(id)
				calls := s.faults.Stop()
				s.want(fault.NotFound, err)
				for i := range calls {
					calls[i] = strings.NewReplacer(id, "ID", string(foreign.Account), "ID").Replace(calls[i])
				}
				return fault.Public(err), calls
			}
			seen, way := ask(c.of)
			for _, id := range []string{strings.Repeat("0", 32), "deadbeefdeadbeefdeadbeefdeadbeef"} {
				if other, otherWay := ask(id); *other != *seen || !slices.Equal(way, otherWay) {
					t.Errorf("the foreign one is %q after %q, an absent one %q after %q", seen.Text, way, other.Text, otherWay)
				}
			}
			for _, id := range []string{"", "x", "..", c.of + "0", strings.ToUpper(c.of), "#", c.of[:31] + "/"} {
				if other, _ := ask(id); *other != *seen {
					t.Errorf("the foreign one is %q, %q is %q", seen.Text, id, other.Text)
				}
			}
			if !same(before, s.memory.All()) {
				t.Error("something has changed")
			}
		})
	}
}

// deleting returns the caller of an account that is being deleted since.
func (s *stage) deleting() *account.Caller {
	c := s.found("dieter")
	s.condemn(c.Account)
	return c
}

func (s *stage) condemn(id account.ID) {
	r, err := s.memory.Get(s.Context(), directory.Key{Part: id.Part(), Name: "account"})
	s.must(err)
	condemned, err := account.Condemn(r)
	s.must(err)
	_, err = s.memory.Apply(s.Context(), condemned)
	s.must(err)
}

func TestAnAccountThatIsBeingDeletedIsGoneForItsMembers(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	c := s.found("dieter")
	byToken := s.token(c, account.NewToken{})
	invitation, err := c.Invite(ctx, "ivy@example.org", account.Viewer, "")
	s.must(err)
	_, err = s.Create(ctx, c.Principal, account.Profile{}, "once")
	s.must(err)
	underway := map[string]*account.Caller{}
	for _, name := range []string{"Get", "Update", "SetPayment", "Members", "Invite", "MakeToken", "Tokens", "Activity"} {
		underway[name] = s.in(c.Principal, c.Account)
	}
	all, _, err := s.Memberships(ctx, c.Principal, account.Page{})
	s.must(err)
	for _, m := range all {
		s.condemn(m.Account.ID)
	}

	for _, p := range []*account.Principal{c.Principal, byToken.Principal} {
		_, err := s.In(ctx, p, string(c.Account))
		s.want(fault.NotFound, err)
		if all, _, err := s.Memberships(ctx, p, account.Page{}); err != nil || len(all) != 0 {
			t.Errorf("a member of %+v, %v", all, err)
		}
	}
	ivy := s.signIn("ivy")
	_, err = s.Accept(ctx, ivy, invitation.ID)
	s.want(fault.NotFound, err)
	if open, err := s.Invitations(ctx, ivy); err != nil || len(open) != 1 || open[0].ID != s.invitation.ID {
		t.Errorf("invited to %+v, %v", open, err)
	}
	// What was made with an idempotency key is gone, and is said to be.
	_, err = s.Create(ctx, c.Principal, account.Profile{}, "once")
	s.want(fault.Conflict, err)

	// Requests that were under way find no key to open or to seal anything with.
	s.must(s.vault.Destroy(ctx, string(c.Account)))
	for _, v := range verbs {
		late := underway[v.name]
		if late == nil {
			continue
		}
		before := s.memory.All()
		if err := v.do(t, s, late); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", v.name, err)
		}
		if !same(before, s.memory.All()) {
			t.Errorf("%s has changed something", v.name)
		}
	}
}
