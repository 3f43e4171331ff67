package account_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/seal/sealtest"
)

func TestASessionLastsTwelveHours(t *testing.T) {
	w := newWorld(t)
	token, expires, err := w.SignIn(t.Context(), account.Identity{Issuer: "i", Subject: "s", Email: "Ann@EXAMPLE.org", Operator: true})
	w.must(err)
	p := w.authenticate(token)
	want := account.Identity{Issuer: "i", Subject: "s", Email: "Ann@example.org", Operator: true}
	if p.Identity != want || !p.Session() || !p.Address().Known() || expires.Sub(p.Since) != 12*time.Hour {
		t.Errorf("signed in as %+v", p)
	}
	w.set(expires.Add(-time.Second))
	w.authenticate(token)
	w.set(expires)
	_, err = w.Authenticate(t.Context(), token, noAddr)
	w.want(fault.Unauthenticated, err)
	w.must(w.SignOut(t.Context(), token)) // it has ended
	if n := len(w.memory.All()); n != 0 {
		t.Errorf("%d records are left of a session", n)
	}
}

func TestASessionEndsWhenItIsSignedOut(t *testing.T) {
	w := newWorld(t)
	token, expires, err := w.SignIn(t.Context(), who("ann"))
	w.must(err)
	other, _, err := w.SignIn(t.Context(), who("ann"))
	w.must(err)
	w.must(w.SignOut(t.Context(), token))
	w.must(w.SignOut(t.Context(), token))
	_, err = w.Authenticate(t.Context(), token, noAddr)
	w.want(fault.Unauthenticated, err)
	w.authenticate(other)
	w.set(expires)
	if n := len(w.memory.All()); n != 0 {
		t.Errorf("%d records are left when the session would have ended anyway", n)
	}
}

// A decoder of base64 passes over line breaks, and over bits of the last
// character: the same session can be written in several ways. One that has
// ended went on in another way as long as the text was what was remembered.
func TestASessionThatHasEndedHasEndedInAllSpellings(t *testing.T) {
	w := newWorld(t)
	token, _, err := w.SignIn(t.Context(), account.Identity{Issuer: "i", Subject: "12"})
	w.must(err)
	spelt := []string{token, token + "\n", token[:20] + "\r\n" + token[20:]}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, last := range digits {
		spelt = append(spelt, token[:len(token)-1]+string(last))
	}
	alive := 0
	for _, s := range spelt {
		if _, err := w.Authenticate(t.Context(), s, noAddr); err == nil {
			alive++
		}
	}
	if alive < 3 {
		t.Fatal("there is only one spelling: the test shows nothing")
	}
	w.must(w.SignOut(t.Context(), spelt[1]))
	for _, s := range spelt {
		if _, err := w.Authenticate(t.Context(), s, noAddr); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	session, _, err := w.SignIn(t.Context(), who("ann"))
	w.must(err)
	_, token, err := c.MakeToken(t.Context(), account.NewToken{Name: "t"}, "")
	w.must(err)
	elsewhere := newWorld(t)
	elsewhere.Deployment = sealtest.NewDeployment(sealtest.Random(2))
	foreign, _, err := elsewhere.SignIn(t.Context(), who("ann"))
	w.must(err)

	var text string
	for _, bad := range []string{
		"", "x", "tacet_s_", "tacet_t_", foreign, session[1:], session[:len(session)-4], token[:len(token)-1], strings.ToUpper(token),
		"tacet_s_" + strings.TrimPrefix(token, "tacet_t_"), "tacet_t_" + strings.TrimPrefix(session, "tacet_s_"),
		"tacet_s_" + base64.RawURLEncoding.EncodeToString(make([]byte, 200)), token + " ", " " + session, "tacet_t_" + strings.Repeat("a", 1<<20),
	} {
		_, err := w.Authenticate(t.Context(), bad, noAddr)
		w.want(fault.Unauthenticated, err)
		if said := fault.Public(err).Text; text != "" && said != text {
			t.Errorf("%.40q: %q, others: %q", bad, said, text)
		} else {
			text = said
		}
	}
	for _, bad := range []string{"", "x", foreign, token} {
		w.want(fault.Unauthenticated, w.SignOut(t.Context(), bad))
	}
}

func TestAnIdentityNeedsAnIssuerAndASubject(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", 1001)
	for _, who := range []account.Identity{
		{},
		{Issuer: "i"},
		{Subject: "s"},
		{Issuer: "i\x00", Subject: "s"},
		{Issuer: "i", Subject: "s\x00t"},
		{Issuer: long, Subject: "s"},
		{Issuer: "i", Subject: long},
		{Issuer: "i", Subject: "\xff"},
	} {
		_, _, err := w.SignIn(t.Context(), who)
		w.want(fault.Invalid, err)
	}
	// An address that is none is as good as no address.
	token, _, err := w.SignIn(t.Context(), account.Identity{Issuer: "i", Subject: "s", Email: "nobody"})
	w.must(err)
	if got := w.authenticate(token).Identity.Email; got != "" {
		t.Errorf("the address is %q", got)
	}
}

func TestPeopleOfDifferentIssuersAreDifferent(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for _, who := range []account.Identity{
		{Issuer: "a", Subject: "bc"}, {Issuer: "ab", Subject: "c"}, {Issuer: "a", Subject: "b"}, {Issuer: "A", Subject: "b"}, {Issuer: "b", Subject: "a"},
	} {
		token, _, err := w.SignIn(t.Context(), who)
		w.must(err)
		seen[w.authenticate(token).Person()] = true
	}
	if len(seen) != 5 {
		t.Errorf("five people are %d", len(seen))
	}
}

func TestAnAccessTokenEnds(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	const day = 24 * time.Hour
	for _, ask := range []time.Duration{0, time.Minute, 365 * day} {
		n := account.NewToken{Name: "t"}
		if ask > 0 {
			n.Expires = w.time().Add(ask)
		}
		made, secret, err := c.MakeToken(t.Context(), n, "")
		w.must(err)
		if left := made.Expires.Sub(w.time()); ask == 0 && (left < 89*day || left > 90*day) {
			t.Errorf("without an expiry it lasts %v", left)
		}
		if p := w.authenticate(secret); p.Session() || p.Bound() != c.Account || !p.Since.IsZero() {
			t.Errorf("it is %+v", p)
		}
		w.set(made.Expires)
		_, err = w.Authenticate(t.Context(), secret, noAddr)
		w.want(fault.Unauthenticated, err)
		w.sound()
	}
	for _, bad := range []time.Duration{-time.Second, 366 * day} {
		_, _, err := c.MakeToken(t.Context(), account.NewToken{Name: "t", Expires: w.time().Add(bad)}, "")
		w.want(fault.Invalid, err)
	}
}

func TestAnAccessTokenEndsWhenItIsRevoked(t *testing.T) {
	s := newStage(t)
	made, secret, err := s.developer.MakeToken(t.Context(), account.NewToken{Name: "t"}, "")
	s.must(err)
	s.authenticate(secret)
	s.must(s.admin.RevokeToken(t.Context(), made.ID))
	_, err = s.Authenticate(t.Context(), secret, noAddr)
	s.want(fault.Unauthenticated, err)
	s.want(fault.NotFound, s.developer.RevokeToken(t.Context(), made.ID))
	s.sound()
}

// What a token may not do: be somebody.
func TestAnAccessTokenIsNobody(t *testing.T) {
	s := newStage(t)
	p := s.token(s.owner, account.NewToken{}).Principal
	_, err := s.Create(t.Context(), p, account.Profile{}, "")
	s.want(fault.Forbidden, err)
	_, err = s.Invitations(t.Context(), p)
	s.want(fault.Forbidden, err)
	_, err = s.Accept(t.Context(), p, s.invitation.ID)
	s.want(fault.Forbidden, err)
	s.found("olga") // another account of the same person
	all, next, err := s.Memberships(t.Context(), p, account.Page{})
	s.must(err)
	if len(all) != 1 || next != "" || all[0].Account.ID != s.owner.Account || all[0].Account.Profile.FullName != "Olga Owner" {
		t.Errorf("a member of %+v", all)
	}
	p = s.token(s.owner, account.NewToken{Scope: []account.Action{account.ReadApps}}).Principal
	all, _, err = s.Memberships(t.Context(), p, account.Page{})
	s.must(err)
	if len(all) != 1 || all[0].Account.Profile != (account.Profile{}) {
		t.Errorf("one that may not read the account is told of %+v", all)
	}
}

func TestWhoSeesWhichAccessTokens(t *testing.T) {
	s := newStage(t)
	for r, want := range map[account.Role]int{account.Owner: 5, account.Admin: 5, account.Developer: 1, account.Billing: 1, account.Viewer: 1} {
		all, next, err := s.members()[r].Tokens(t.Context(), account.Page{})
		s.must(err)
		if len(all) != want || next != "" {
			t.Errorf("%s sees %d tokens, and then %q", r, len(all), next)
		}
		for _, got := range all {
			if want == 1 && got.ID != s.tokens[r].ID || got.Name == "" || got.Expires.IsZero() {
				t.Errorf("%s sees %+v", r, got)
			}
		}
	}
}
