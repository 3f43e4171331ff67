package account_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/fault"
)

// stale makes sure that an error says that the record is not what it was, and
// can be told from other conflicts.
func (w *world) stale(err error) {
	w.Helper()
	w.want(fault.Conflict, err)
	if !errors.Is(err, directory.ErrConflict) {
		w.Errorf("%v is no conflict of versions", err)
	}
}

func TestAProfileIsReplacedIfItIsWhatItWas(t *testing.T) {
	s := newStage(t)
	first, err := s.owner.Get(t.Context())
	s.must(err)
	// Other records of the account are not the account: who joins, and who makes
	// a token, is in nobody's way.
	s.join(s.owner, "nora", account.Owner)
	s.token(s.owner, account.NewToken{})
	second, err := s.owner.Update(t.Context(), account.Profile{FullName: "Second"}, first.Version)
	s.must(err)
	_, err = s.owner.Update(t.Context(), account.Profile{FullName: "Third"}, first.Version)
	s.stale(err)
	got, err := s.owner.Get(t.Context())
	s.must(err)
	if *got != *second || !got.Created.Equal(first.Created) {
		t.Errorf("it is %+v, want %+v", got, second)
	}
	for _, v := range []directory.Version{second.Version, "", account.AnyVersion} {
		if _, err = s.owner.Update(t.Context(), account.Profile{}, v); err != nil {
			t.Errorf("%q: %v", v, err)
		}
	}
}

func TestPaymentDetailsAreReplacedIfTheyAreWhatTheyWere(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	ctx := t.Context()
	p, none, err := c.Payment(ctx)
	w.must(err)
	if p != (account.Payment{}) || none != "" {
		t.Errorf("there are %+v of version %q", p, none)
	}
	_, err = c.SetPayment(ctx, account.Payment{Brand: "Visa"}, "another")
	w.stale(err)
	first, err := c.SetPayment(ctx, account.Payment{Brand: "Visa"}, none)
	w.must(err)
	_, err = c.SetPayment(ctx, account.Payment{Brand: "Maestro"}, none)
	w.stale(err)
	second, err := c.SetPayment(ctx, account.Payment{Brand: "Maestro"}, first)
	w.must(err)
	_, err = c.SetPayment(ctx, account.Payment{Brand: "Visa"}, first)
	w.stale(err)
	if p, v, err := c.Payment(ctx); err != nil || p.Brand != "Maestro" || v != second {
		t.Errorf("there are %+v of version %q, %v", p, v, err)
	}
	_, err = c.SetPayment(ctx, account.Payment{}, account.AnyVersion)
	w.must(err)
}

func TestAMemberIsChangedIfItIsWhatItWas(t *testing.T) {
	s := newStage(t)
	id := string(s.viewer.Member)
	first, err := s.owner.GetMember(t.Context(), id)
	s.must(err)
	second, err := s.owner.SetRole(t.Context(), id, account.Billing, first.Version)
	s.must(err)
	_, err = s.owner.SetRole(t.Context(), id, account.Admin, first.Version)
	s.stale(err)
	s.stale(s.owner.Remove(t.Context(), id, first.Version))
	got, err := s.owner.GetMember(t.Context(), id)
	s.must(err)
	if *got != *second || got.Role != account.Billing || got.Email != first.Email {
		t.Errorf("it is %+v, want %+v", got, second)
	}
	lines := s.lines(s.owner.Account, "log/")
	same, err := s.owner.SetRole(t.Context(), id, account.Billing, "")
	s.must(err)
	if *same != *second || s.lines(s.owner.Account, "log/") != lines {
		t.Errorf("a role that is what it was changes something: %+v", same)
	}
	s.must(s.owner.Remove(t.Context(), id, second.Version))
}

// Whatever somebody else does to the profile between two steps: the version that
// was asked for is the one that is replaced, or nothing.
func TestWhoReplacesAVersionMeetsWhoWasFaster(t *testing.T) {
	for nth := 1; ; nth++ {
		s := newStage(t)
		first, err := s.owner.Get(t.Context())
		s.must(err)
		met := false
		s.faults.Fail(0, 0)
		s.faults.Hook(func(n int, _ string) {
			if n == nth {
				met = true
				_, err := s.admin.Update(t.Context(), account.Profile{FullName: "Faster"}, first.Version)
				s.must(err)
			}
		})
		_, err = s.owner.Update(t.Context(), account.Profile{FullName: "Slower"}, first.Version)
		s.faults.Stop()
		if !met {
			s.must(err)
			return
		}
		s.stale(err)
		if got, err := s.owner.Get(t.Context()); err != nil || got.Profile.FullName != "Faster" {
			t.Errorf("it is %+v, %v", got, err)
		}
	}
}

func TestListsGoOnWhereTheyStopped(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	for _, name := range []string{"n1", "n2", "n3"} {
		_, err := s.owner.Invite(ctx, name+"@example.org", account.Viewer, "")
		s.must(err)
	}
	for i := range 12 { // in between those of others, by chance
		_, _, err := s.developer.MakeToken(ctx, account.NewToken{Name: fmt.Sprint("t", i)}, "")
		s.must(err)
		_, _, err = s.viewer.MakeToken(ctx, account.NewToken{Name: fmt.Sprint("t", i)}, "")
		s.must(err)
	}
	for name, c := range map[string]struct {
		want int
		list func(account.Page) ([]string, string, error)
	}{
		"members": {5, func(p account.Page) ([]string, string, error) {
			all, next, err := s.owner.Members(ctx, p)
			return texts(all, func(m account.Member) string { return string(m.ID) }), next, err
		}},
		"invitations": {4, func(p account.Page) ([]string, string, error) {
			all, next, err := s.owner.Invited(ctx, p)
			return texts(all, func(i account.Invitation) string { return i.ID }), next, err
		}},
		"one's tokens": {13, func(p account.Page) ([]string, string, error) {
			all, next, err := s.developer.Tokens(ctx, p)
			return texts(all, func(t account.Token) string { return t.ID }), next, err
		}},
		"tokens": {29, func(p account.Page) ([]string, string, error) {
			all, next, err := s.owner.Tokens(ctx, p)
			return texts(all, func(t account.Token) string { return t.ID }), next, err
		}},
		"activity": {46, func(p account.Page) ([]string, string, error) {
			all, next, err := s.owner.Activity(ctx, p)
			return texts(all, func(e account.Entry) string { return e.At.Format(time.RFC3339Nano) }), next, err
		}},
	} {
		whole, next, err := c.list(account.Page{Limit: 100})
		s.must(err)
		if len(whole) != c.want || next != "" {
			t.Errorf("%s: there are %d, and then %q, want %d", name, len(whole), next, c.want)
		}
		for limit := 1; limit <= c.want; limit++ {
			var all []string
			for p := (account.Page{Limit: limit}); ; {
				some, next, err := c.list(p)
				s.must(err)
				all = append(all, some...)
				if len(some) > limit || len(some) < limit && next != "" {
					t.Fatalf("%s: a page has %d, want %d", name, len(some), limit)
				}
				if next == "" {
					break
				}
				p.After = next
			}
			if !slices.Equal(all, whole) {
				t.Errorf("%s by %d are %q, want %q", name, limit, all, whole)
			}
		}
		if name == "activity" && !slices.IsSortedFunc(whole, func(a, b string) int { return -cmpTimes(a, b) }) {
			t.Errorf("the log is not the newest first: %q", whole)
		}
	}
}

func cmpTimes(a, b string) int {
	x, _ := time.Parse(time.RFC3339Nano, a)
	y, _ := time.Parse(time.RFC3339Nano, b)
	return x.Compare(y)
}

func texts[T any](all []T, text func(T) string) []string {
	var some []string
	for _, one := range all {
		some = append(some, text(one))
	}
	return some
}

func TestTheLogSaysWhoDidWhatWithWhat(t *testing.T) {
	s := newStage(t)
	_, secret, err := s.admin.MakeToken(t.Context(), account.NewToken{Name: "t"}, "")
	s.must(err)
	p := s.authenticate(secret)
	byToken := s.in(p, s.owner.Account)
	s.must(byToken.Remove(t.Context(), string(s.viewer.Member), ""))
	tokens, _, err := s.admin.Tokens(t.Context(), account.Page{})
	s.must(err)
	entries, _, err := s.owner.Activity(t.Context(), account.Page{Limit: 1})
	s.must(err)
	e := entries[0]
	used := slices.ContainsFunc(tokens, func(t account.Token) bool { return t.ID == e.Token && t.Name == "t" })
	if e.Member != s.admin.Member || e.What != account.ManageMembers || e.Object != string(s.viewer.Member) || !used {
		t.Errorf("the entry is %+v", e)
	}
}
