package account_test

import (
	"strings"
	"testing"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/fault"
)

func TestProfilesAreAsTheyShouldBe(t *testing.T) {
	s := newStage(t)
	for _, p := range []account.Profile{
		{},
		{FullName: strings.Repeat("ä", 200)},
		{FullName: "Ana María O'Neill-Łukasz 3rd", AgeRange: account.Under18},
		{FullName: "佐藤 花子", AgeRange: account.From65, Email: strings.Repeat("a", 64) + "@" + strings.Repeat("b", 186) + ".de"},
		{Email: "a.b+c@sub.example.org"},
		{Email: "użytkownik@przykład.pl"},
		{Email: "8613800000000@example.org"},
	} {
		a, err := s.owner.Update(t.Context(), p, "")
		s.must(err)
		if a.Profile != p {
			t.Errorf("%+v became %+v", p, a.Profile)
		}
	}
	for _, p := range []account.Profile{
		{FullName: strings.Repeat("ä", 201)},
		{FullName: "a\nb"},
		{FullName: "a\x00"},
		{FullName: "\xff"},
		{FullName: "a\u202eb"},
		{FullName: "a\u2028b"},
		{FullName: "Ann 4111 1111 1111 1111"},
		{AgeRange: "17"},
		{AgeRange: "18-25"},
		{AgeRange: "Under-18"},
		{Email: "a"},
		{Email: "@b"},
		{Email: "a@"},
		{Email: "a b@c"},
		{Email: "a@b c"},
		{Email: "a@b@c"},
		{Email: "a@.b"},
		{Email: "a@b."},
		{Email: "a@b..c"},
		{Email: "a\x00@b"},
		{Email: "Ann <a@b.org>"},
		{Email: "a@b,c@d"},
		{Email: strings.Repeat("a", 65) + "@b"},
		{Email: "a@" + strings.Repeat("b", 253)},
		{Email: "\xff@b"},
	} {
		before := s.memory.All()
		_, err := s.owner.Update(t.Context(), p, "")
		s.want(fault.Invalid, err)
		_, err = s.Create(t.Context(), s.owner.Principal, p, "")
		s.want(fault.Invalid, err)
		repeats(t, err, p.FullName, p.Email, string(p.AgeRange))
		if !same(before, s.memory.All()) {
			t.Errorf("%+v has changed something", p)
		}
	}
}

// repeats makes sure that an error does not repeat what was typed.
func repeats(t *testing.T, err error, typed ...string) {
	t.Helper()
	for _, text := range typed {
		if len(text) > 2 && strings.Contains(err.Error(), text) {
			t.Errorf("%q repeats %q", err, text)
		}
	}
}

func TestPaymentDetailsHoldNoCardNumber(t *testing.T) {
	s := newStage(t)
	for _, p := range []account.Payment{
		{},
		{Reference: "cus_NffrFeUfNV2Hib", Brand: "Visa", LastFour: "0042", Expires: "2029-12"},
		{Reference: "pm_1MoBy5LkdIwHu7ixZhnattbh", Brand: "American Express"},
		{Reference: strings.Repeat("r", 255), Brand: strings.Repeat("b", 40)},
		{Reference: "12345678901"}, // eleven digits are no card
		{Reference: "550e8400-e29b-41d4-a716-44665544000f"},
	} {
		_, err := s.owner.SetPayment(t.Context(), p, account.AnyVersion)
		s.must(err)
		if got, _, err := s.owner.Payment(t.Context()); err != nil || got != p {
			t.Errorf("%+v became %+v, %v", p, got, err)
		}
	}
	for _, p := range []account.Payment{
		{Reference: "4111111111111111"},
		{Reference: "4111 1111 1111 1111"},
		{Reference: "4111-1111-1111-1111"},
		{Reference: "4111.1111.1111.1111"},
		{Reference: "card_411111111111"},
		{Reference: "x4222222222222x"},
		{Reference: "3782 822463 10005"},
		{Reference: "４１１１１１１１１１１１１１１１"},
		{Reference: strings.Repeat("r", 256)},
		{Reference: "a\tb"},
		{Brand: "4111111111111111"},
		{Brand: "Visa 4242"},
		{Brand: strings.Repeat("b", 41)},
		{LastFour: "424"},
		{LastFour: "42424"},
		{LastFour: "424x"},
		{LastFour: "4111111111111111"},
		{LastFour: "４２４２"},
		{Expires: "2029"},
		{Expires: "12/29"},
		{Expires: "2029-13"},
		{Expires: "2029-00"},
		{Expires: "2029-1"},
		{Expires: "2029-12-31"},
		{Expires: "1929-12"},
	} {
		before := s.memory.All()
		_, err := s.owner.SetPayment(t.Context(), p, account.AnyVersion)
		s.want(fault.Invalid, err)
		repeats(t, err, p.Reference, p.Brand, p.LastFour)
		if !same(before, s.memory.All()) {
			t.Errorf("%+v has changed something", p)
		}
	}
}

func TestAccessTokensAreAskedForAsTheyShouldBe(t *testing.T) {
	s := newStage(t)
	apps := make([]app.ID, 101)
	for i := range apps {
		apps[i] = app.ID(strings.Repeat("0", 29) + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10)))
	}
	for _, n := range []account.NewToken{
		{},
		{Name: " "},
		{Name: strings.Repeat("n", 101)},
		{Name: "a\nb"},
		{Name: "4111111111111111"},
		{Name: "t", Scope: []account.Action{"apps:everything"}},
		{Name: "t", Scope: []account.Action{account.ReadApps, ""}},
		{Name: "t", Apps: []app.ID{"x"}},
		{Name: "t", Apps: apps},
	} {
		_, _, err := s.owner.MakeToken(t.Context(), n, "")
		s.want(fault.Invalid, err)
		repeats(t, err, n.Name)
	}
	_, _, err := s.owner.MakeToken(t.Context(), account.NewToken{Name: "t", Apps: apps[:100]}, "")
	s.must(err)
}

func TestInvitationsAreAskedForAsTheyShouldBe(t *testing.T) {
	s := newStage(t)
	for email, r := range map[string]account.Role{"": account.Viewer, "nora": account.Viewer, "nora@example.org": "", "nora@example.com": "root"} {
		_, err := s.owner.Invite(t.Context(), email, r, "")
		s.want(fault.Invalid, err)
		repeats(t, err, email)
	}
	_, err := s.owner.SetRole(t.Context(), string(s.viewer.Member), "root", "")
	s.want(fault.Invalid, err)
}

func TestPagesAreAskedForAsTheyShouldBe(t *testing.T) {
	s := newStage(t)
	for _, p := range []account.Page{{Limit: -1}, {Limit: 101}, {After: "x"}, {After: "#"}, {After: "../"}, {After: strings.Repeat("0", 129)}} {
		for name, list := range map[string]func() error{
			"Members":     func() error { _, _, err := s.owner.Members(t.Context(), p); return err },
			"Invited":     func() error { _, _, err := s.owner.Invited(t.Context(), p); return err },
			"Tokens":      func() error { _, _, err := s.owner.Tokens(t.Context(), p); return err },
			"Activity":    func() error { _, _, err := s.owner.Activity(t.Context(), p); return err },
			"Memberships": func() error { _, _, err := s.Memberships(t.Context(), s.owner.Principal, p); return err },
		} {
			if err := list(); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s of %+v: %v", name, p, err)
			}
		}
	}
}
