package account_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/fault"
)

func TestAPersonOwnsTwentyAccounts(t *testing.T) {
	w := newWorld(t)
	var first *account.Caller
	for range account.MaxOwned {
		first = w.found("ann")
	}
	_, err := w.Create(t.Context(), first.Principal, account.Profile{}, "")
	w.want(fault.TooMany, err)
	// Being a member of others does not count, and one that was handed over neither.
	w.join(w.found("bob"), "ann", account.Admin)
	second := w.join(first, "bob", account.Owner)
	w.must(second.Remove(t.Context(), string(first.Member), ""))
	w.found("ann")
}

func TestAPersonIsAMemberOfAHundredAccounts(t *testing.T) {
	w := newWorld(t)
	for i := range account.MaxMemberships {
		w.join(w.found(fmt.Sprint("owner", i)), "ann", account.Viewer)
	}
	i, err := w.found("bob").Invite(t.Context(), "ann@example.org", account.Viewer, "")
	w.must(err)
	ann := w.signIn("ann")
	_, err = w.Accept(t.Context(), ann, i.ID)
	w.want(fault.TooMany, err)
	_, err = w.Create(t.Context(), ann, account.Profile{}, "")
	w.want(fault.TooMany, err)

	var all []account.Membership
	for page := (account.Page{Limit: 33}); ; {
		some, next, err := w.Memberships(t.Context(), ann, page)
		w.must(err)
		if all = append(all, some...); next == "" {
			break
		}
		if len(some) != 33 {
			t.Fatalf("a page of %d", len(some))
		}
		page.After = next
	}
	if len(all) != account.MaxMemberships {
		t.Errorf("%d memberships are listed", len(all))
	}
}

func TestAnAccountHasFiveHundredMembers(t *testing.T) {
	s := newStage(t)
	_, err := s.memory.Apply(t.Context(), account.Tally(s.owner.Account, account.MaxMembers, 1))
	s.must(err)
	ivy := s.signIn("ivy")
	_, err = s.Accept(t.Context(), ivy, s.invitation.ID)
	s.want(fault.TooMany, err)
	s.must(s.viewer.Remove(t.Context(), string(s.viewer.Member), ""))
	_, err = s.Accept(t.Context(), ivy, s.invitation.ID)
	s.must(err)
}

func TestAnAccountHasAHundredOpenInvitations(t *testing.T) {
	s := newStage(t)
	var last *account.Invitation
	for i := range account.MaxInvitations - 1 { // beside that for ivy
		var err error
		last, err = s.owner.Invite(t.Context(), fmt.Sprintf("n%d@example.org", i), account.Viewer, "")
		s.must(err)
	}
	full := func() {
		t.Helper()
		_, err := s.owner.Invite(t.Context(), "one.more@example.org", account.Viewer, "")
		s.want(fault.TooMany, err)
	}
	again := func() {
		t.Helper()
		_, err := s.owner.Invite(t.Context(), "another@example.org", account.Viewer, "")
		s.must(err)
		full()
	}
	full()
	s.must(s.owner.Withdraw(t.Context(), last.ID))
	again()
	_, err := s.Accept(t.Context(), s.signIn("ivy"), s.invitation.ID)
	s.must(err)
	again()
	s.advance(7*24*time.Hour + time.Second)
	if _, err := s.owner.Invite(t.Context(), "another@example.org", account.Viewer, ""); err != nil {
		t.Errorf("after all have expired: %v", err)
	}
}

func TestAMemberHasFiftyAccessTokens(t *testing.T) {
	s := newStage(t)
	s.fill(s.viewer)
	_, _, err := s.viewer.MakeToken(t.Context(), account.NewToken{Name: "one more"}, "")
	s.want(fault.TooMany, err)
	s.must(s.viewer.RevokeToken(t.Context(), s.tokens[account.Viewer].ID))
	_, _, err = s.viewer.MakeToken(t.Context(), account.NewToken{Name: "another"}, "")
	s.must(err)
	s.sound()
	s.advance(91 * 24 * time.Hour) // all have expired
	_, _, err = s.viewer.MakeToken(t.Context(), account.NewToken{Name: "another"}, "")
	s.must(err)
	s.sound()
	s.fill(s.viewer)
	s.must(s.viewer.Remove(t.Context(), string(s.viewer.Member), ""))
	if n := s.lines(s.owner.Account, "token/"); n != 0 {
		t.Errorf("%d access tokens are left", n)
	}
	s.sound()
}

// at lets things be done at the same time, and returns how many went well.
func at(t *testing.T, kind fault.Kind, all ...func() error) int {
	t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	done := 0
	for _, do := range all {
		group.Go(func() {
			err := do()
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if fault.KindOf(err) != kind {
				t.Errorf("%v, want it done or %s", err, kind)
			}
		})
	}
	group.Wait()
	return done
}

// Both owners see two of them, and each wants to be gone, or the other to be: it
// must not work for both.
func TestAnOwnerIsLeftWhoeverIsFaster(t *testing.T) {
	for range 20 {
		for name, race := range map[string]func(s *stage, one, two *account.Caller) []func() error{
			"both leave": func(s *stage, one, two *account.Caller) []func() error {
				return []func() error{
					func() error { return one.Remove(t.Context(), string(one.Member), "") },
					func() error { return two.Remove(t.Context(), string(two.Member), "") },
				}
			},
			"both become viewers": func(s *stage, one, two *account.Caller) []func() error {
				return []func() error{
					func() error { _, err := one.SetRole(t.Context(), string(one.Member), account.Viewer, ""); return err },
					func() error { _, err := two.SetRole(t.Context(), string(two.Member), account.Viewer, ""); return err },
				}
			},
			"one leaves, the other becomes a viewer": func(s *stage, one, two *account.Caller) []func() error {
				return []func() error{
					func() error { return one.Remove(t.Context(), string(one.Member), "") },
					func() error { _, err := two.SetRole(t.Context(), string(two.Member), account.Viewer, ""); return err },
				}
			},
		} {
			s := newStage(t)
			two := s.join(s.owner, "otto", account.Owner)
			if done := at(t, fault.Conflict, race(s, s.owner, two)...); done != 1 {
				t.Errorf("%s: it has worked for %d", name, done)
			}
			s.sound()
		}
	}
}

// The same, one step after the other: what is between reading and writing is
// where somebody else is faster.
func TestAnOwnerIsLeftHoweverLateTheOtherIs(t *testing.T) {
	for nth := 1; ; nth++ {
		s := newStage(t)
		two := s.join(s.owner, "otto", account.Owner)
		s.faults.Fail(0, 0)
		met := false
		s.faults.Hook(func(n int, _ string) {
			if n == nth {
				met = true
				s.must(two.Remove(t.Context(), string(two.Member), ""))
			}
		})
		err := s.owner.Remove(t.Context(), string(s.owner.Member), "")
		s.faults.Stop()
		if !met {
			break
		}
		s.want(fault.Conflict, err)
		s.sound()
	}
}

func TestLimitsHoldForThoseAtTheSameTime(t *testing.T) {
	s := newStage(t)
	for i := range account.MaxInvitations - 3 {
		_, err := s.owner.Invite(t.Context(), fmt.Sprintf("n%d@example.org", i), account.Viewer, "")
		s.must(err)
	}
	var invite, tokens []func() error
	s.fill(s.viewer)
	s.must(s.viewer.RevokeToken(t.Context(), s.tokens[account.Viewer].ID))
	for i := range 6 {
		owner, viewer := s.fresh(s.owner), s.fresh(s.viewer)
		invite = append(invite, func() error {
			_, err := owner.Invite(t.Context(), fmt.Sprintf("m%d@example.org", i), account.Viewer, "")
			return err
		})
		tokens = append(tokens, func() error {
			_, _, err := viewer.MakeToken(t.Context(), account.NewToken{Name: "t"}, "")
			return err
		})
	}
	if done := at(t, fault.TooMany, invite...); done != 2 {
		t.Errorf("%d invitations were made where two were left", done)
	}
	if done := at(t, fault.TooMany, tokens...); done != 1 {
		t.Errorf("%d access tokens were made where one was left", done)
	}
	s.sound()
}

// A member is removed, or gets another role, between any two steps of what he
// does: nothing of it is done.
func TestWhoLosesHisRightMeanwhileLeavesNothingBehind(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(s *stage, id string) error
		kind fault.Kind
	}{
		"removed": {func(s *stage, id string) error { return s.owner.Remove(t.Context(), id, "") }, fault.NotFound},
		"changed": {func(s *stage, id string) error {
			_, err := s.owner.SetRole(t.Context(), id, account.Viewer, "")
			return err
		}, fault.Conflict},
	} {
		for _, v := range verbs {
			own := v.name == "MakeToken" || v.name == "RevokeToken" // which every role allows
			if v.writes && v.name != "Leave" && (name == "removed" || !own) {
				t.Run(name+" during "+v.name, func(t *testing.T) { v.loses(t, c.lose, c.kind) })
			}
		}
	}
}

func (v verb) loses(t *testing.T, lose func(s *stage, id string) error, kind fault.Kind) {
	for nth := 1; ; nth++ {
		s := newStage(t)
		second := s.fresh(s.join(s.owner, "otto", account.Owner))
		met := false
		s.faults.Fail(0, 0)
		var before []directory.Record
		s.faults.Hook(func(n int, call string) {
			if n == nth && !afterwards(call) {
				met = true
				s.must(lose(s, string(second.Member)))
				before = s.memory.All()
			}
		})
		err := v.do(t, s, second)
		s.faults.Stop()
		if !met {
			s.must(err)
			return
		}
		s.want(kind, err)
		if !same(before, s.memory.All()) {
			t.Errorf("call %d: something has changed", nth)
		}
		s.sound()
	}
}
