package account_test

import (
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
)

// person returns who has signed in with an address that an issuer tells.
func (w *world) person(subject, email string) *account.Principal {
	w.Helper()
	token, _, err := w.SignIn(w.Context(), account.Identity{Issuer: "https://issuer.example", Subject: subject, Email: email})
	w.must(err)
	return w.authenticate(token)
}

func TestAnInvitationIsForAnAddressHoweverItIsWritten(t *testing.T) {
	s := newStage(t)
	for _, email := range []string{"ivy@example.org", "Ivy@example.org", "IVY@EXAMPLE.ORG", " ivy@Example.org "} {
		p := s.person("some-"+email, email)
		all, err := s.Invitations(t.Context(), p)
		s.must(err)
		if len(all) != 1 || all[0].ID != s.invitation.ID || all[0].Account != s.owner.Account || all[0].Role != account.Viewer || all[0].Email != p.Identity.Email {
			t.Errorf("%q is invited to %+v", email, all)
		}
	}
	for _, email := range []string{"", "ivy@example.com", "ivy.@example.org", "ivy@sub.example.org"} {
		p := s.person("some-"+email, email)
		if all, err := s.Invitations(t.Context(), p); err != nil || len(all) != 0 {
			t.Errorf("%q is invited to %+v, %v", email, all, err)
		}
		_, err := s.Accept(t.Context(), p, s.invitation.ID)
		s.want(fault.NotFound, err)
	}
}

func TestAcceptingMakesAMemberOnce(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	ivy := s.signIn("ivy")
	m, err := s.Accept(ctx, ivy, s.invitation.ID)
	s.must(err)
	again, err := s.Accept(ctx, ivy, s.invitation.ID)
	s.must(err)
	if *again != *m || m.Account.ID != s.owner.Account || m.Role != account.Viewer || m.Account.Profile.FullName != "Olga Owner" {
		t.Errorf("became %+v, then %+v", m, again)
	}
	member, err := s.owner.GetMember(ctx, string(m.Member))
	s.must(err)
	if member.Email != "ivy@example.org" || member.Role != account.Viewer || member.Since.IsZero() {
		t.Errorf("the member is %+v", member)
	}
	// It is not open any more: not for its account, not for another person with
	// the address, and not for her when she was removed.
	if open, _, err := s.owner.Invited(ctx, account.Page{}); err != nil || len(open) != 0 {
		t.Errorf("open are %+v, %v", open, err)
	}
	if open, err := s.Invitations(ctx, ivy); err != nil || len(open) != 0 {
		t.Errorf("open are %+v, %v", open, err)
	}
	s.want(fault.NotFound, s.owner.Withdraw(ctx, s.invitation.ID))
	_, err = s.Accept(ctx, s.person("another", "ivy@example.org"), s.invitation.ID)
	s.want(fault.NotFound, err)
	s.must(s.owner.Remove(ctx, string(m.Member), ""))
	_, err = s.Accept(ctx, ivy, s.invitation.ID)
	s.want(fault.NotFound, err)
	s.sound()
}

func TestWhoIsInvitedTwiceIsAMemberOnce(t *testing.T) {
	s := newStage(t)
	second, err := s.owner.Invite(t.Context(), "ivy@example.org", account.Owner, "")
	s.must(err)
	ivy := s.signIn("ivy")
	first, err := s.Accept(t.Context(), ivy, s.invitation.ID)
	s.must(err)
	again, err := s.Accept(t.Context(), ivy, second.ID)
	s.must(err)
	if *first != *again {
		t.Errorf("became %+v, then %+v", first, again)
	}
	s.sound()
}

func TestAnInvitationEnds(t *testing.T) {
	s := newStage(t)
	ivy := s.signIn("ivy")
	if left := s.invitation.Expires.Sub(s.time()); left < 7*24*time.Hour-time.Minute || left > 7*24*time.Hour {
		t.Errorf("it lasts %v", left)
	}
	withdrawn, err := s.owner.Invite(t.Context(), "ivy@example.org", account.Viewer, "")
	s.must(err)
	s.must(s.admin.Withdraw(t.Context(), withdrawn.ID))
	_, err = s.Accept(t.Context(), ivy, withdrawn.ID)
	s.want(fault.NotFound, err)

	s.set(s.invitation.Expires)
	_, err = s.Accept(t.Context(), ivy, s.invitation.ID)
	s.want(fault.NotFound, err)
	if open, _, err := s.owner.Invited(t.Context(), account.Page{}); err != nil || len(open) != 0 {
		t.Errorf("open are %+v, %v", open, err)
	}
	s.sound()
}

// Somebody withdraws the invitation, or removes the member who made it, between
// any two steps of who accepts it.
func TestWhoAcceptsMeetsWhoWithdraws(t *testing.T) {
	for nth := 1; ; nth++ {
		s := newStage(t)
		ivy := s.signIn("ivy")
		met := false
		s.faults.Fail(0, 0)
		s.faults.Hook(func(n int, _ string) {
			if n == nth {
				met = true
				s.must(s.owner.Withdraw(t.Context(), s.invitation.ID))
			}
		})
		_, err := s.Accept(t.Context(), ivy, s.invitation.ID)
		s.faults.Stop()
		if !met {
			s.must(err)
			break
		}
		s.want(fault.NotFound, err)
		s.sound()
		if n := s.lines(s.owner.Account, "member/"); n != 5 {
			t.Errorf("there are %d members", n)
		}
	}
}

// An admin who was removed came back by an invitation that he had sent to another
// address of his own.
func TestAnInvitationEndsWithTheRightOfWhoHasSentIt(t *testing.T) {
	for name, take := range map[string]func(s *stage, admin *account.Caller) error{
		"who was removed": func(s *stage, admin *account.Caller) error {
			return s.owner.Remove(t.Context(), string(admin.Member), account.AnyVersion)
		},
		"who has another role": func(s *stage, admin *account.Caller) error {
			_, err := s.owner.SetRole(t.Context(), string(admin.Member), account.Viewer, account.AnyVersion)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			sent, err := s.admin.Invite(t.Context(), "mallory@example.net", account.Admin, "")
			s.must(err)
			p := s.person("mallory", "mallory@example.net")
			if open, err := s.Invitations(t.Context(), p); err != nil || len(open) != 1 {
				t.Fatalf("open are %+v, %v", open, err)
			}
			s.must(take(s, s.admin))
			if open, err := s.Invitations(t.Context(), p); err != nil || len(open) != 0 {
				t.Errorf("open are %+v, %v", open, err)
			}
			_, err = s.Accept(t.Context(), p, sent.ID)
			s.want(fault.NotFound, err)
		})
	}
}
