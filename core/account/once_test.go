package account_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
)

func TestTheSameRequestMakesNothingAgain(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	carl := s.signIn("carl")
	profile := account.Profile{FullName: "Carl"}

	first, err := s.Create(ctx, carl, profile, "k")
	s.must(err)
	again, err := s.Create(ctx, carl, profile, "k")
	s.must(err)
	if *again != *first {
		t.Errorf("made %+v, then %+v", first, again)
	}
	_, err = s.Create(ctx, carl, account.Profile{FullName: "Karl"}, "k")
	s.want(fault.Conflict, err)
	other, err := s.Create(ctx, s.signIn("cora"), profile, "k")
	s.must(err)
	if other.ID == first.ID {
		t.Error("two people share an account because they took the same key")
	}

	i, err := s.owner.Invite(ctx, "Nora@example.org", account.Viewer, "k")
	s.must(err)
	sameInvitation, err := s.owner.Invite(ctx, " Nora@EXAMPLE.org ", account.Viewer, "k")
	s.must(err)
	if *sameInvitation != *i {
		t.Errorf("made %+v, then %+v", i, sameInvitation)
	}
	_, err = s.owner.Invite(ctx, "nora@example.org", account.Admin, "k")
	s.want(fault.Conflict, err)
	byAdmin, err := s.admin.Invite(ctx, "Nora@example.org", account.Viewer, "k")
	s.must(err)
	if byAdmin.ID == i.ID {
		t.Error("two members share an invitation because they took the same key")
	}
	s.sound()
}

func TestASecretIsShownOnce(t *testing.T) {
	s := newStage(t)
	n := account.NewToken{Name: "ci", Scope: []account.Action{account.ReadApps, account.ReadAccount, account.ReadApps}}
	first, secret, err := s.viewer.MakeToken(t.Context(), n, "k")
	s.must(err)
	s.advance(time.Hour) // without an expiry the token is to last from when it was made
	again, nothing, err := s.viewer.MakeToken(t.Context(), n, "k")
	s.must(err)
	if again.ID != first.ID || !again.Expires.Equal(first.Expires) || again.Name != "ci" || len(again.Scope) != 2 || nothing != "" {
		t.Errorf("made %+v, then %+v and %q", first, again, nothing)
	}
	if !strings.HasPrefix(secret, "tacet_t_") || len(secret) != len("tacet_t_")+52 {
		t.Errorf("the token is %d characters that begin with %.8s", len(secret), secret)
	}
	s.must(s.viewer.RevokeToken(t.Context(), first.ID))
	_, _, err = s.viewer.MakeToken(t.Context(), n, "k")
	s.want(fault.Conflict, err)
}

func TestAnIdempotencyKeyIsForgottenAfterADay(t *testing.T) {
	s := newStage(t)
	first, err := s.owner.Invite(t.Context(), "nora@example.org", account.Viewer, "k")
	s.must(err)
	s.advance(24*time.Hour + time.Second)
	second, err := s.owner.Invite(t.Context(), "nora@example.org", account.Admin, "k")
	s.must(err)
	if second.ID == first.ID {
		t.Error("it is remembered")
	}
	_, err = s.owner.Invite(t.Context(), "nora@example.org", account.Admin, strings.Repeat("k", 256))
	s.want(fault.Invalid, err)
}

// The other one comes between any two steps, and is done first.
func TestOfTwoRequestsWithOneKeyTheFasterMakesSomething(t *testing.T) {
	for nth := 1; ; nth++ {
		s := newStage(t)
		carl := s.signIn("carl")
		var faster *account.Account
		s.faults.Fail(0, 0)
		s.faults.Hook(func(n int, _ string) {
			if n == nth {
				var err error
				faster, err = s.Create(t.Context(), carl, account.Profile{}, "k")
				s.must(err)
			}
		})
		a, err := s.Create(t.Context(), carl, account.Profile{}, "k")
		s.faults.Stop()
		s.must(err)
		if faster == nil {
			return
		}
		if *a != *faster || s.vault.Owners() != 2 {
			t.Errorf("call %d: made %+v, and before %+v; %d accounts have a key with that of the stage", nth, a, faster, s.vault.Owners())
		}
		s.sound()
	}
}

// The sweep of an account does not come where a person's idempotency keys lie.
func TestAnIdempotencyKeyDoesNotNameTheAccountThatItHasMade(t *testing.T) {
	s := newStage(t)
	a, err := s.Create(t.Context(), s.signIn("carl"), account.Profile{}, "k")
	s.must(err)
	remembered := 0
	for _, r := range s.memory.All() {
		if r.Kind == 'p' && strings.HasPrefix(r.Name, "once/") {
			remembered++
			if strings.Contains(readable(r.Key.String(), r.Value), string(a.ID)) {
				t.Errorf("%s names it: %s", r.Key, r.Value)
			}
		}
	}
	if remembered != 1 {
		t.Errorf("%d keys are remembered", remembered)
	}
}

func TestOfRequestsWithOneKeyAtTheSameTimeOneMakesSomething(t *testing.T) {
	s := newStage(t)
	carl := s.signIn("carl")
	ids := map[account.ID]bool{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		c := *carl
		all.Go(func() {
			a, err := s.Create(t.Context(), &c, account.Profile{}, "k")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[a.ID] = true
		})
	}
	all.Wait()
	if len(ids) != 1 || s.vault.Owners() != 2 {
		t.Errorf("%d accounts were made, and %d have a key with that of the stage", len(ids), s.vault.Owners())
	}
	s.sound()
}
