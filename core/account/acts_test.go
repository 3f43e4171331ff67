package account_test

import (
	"slices"
	"testing"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/fault"
)

// act is a verb of the service or of a member, with what may become of it when
// it is done again after a failure of which nobody knows whether it happened.
type act struct {
	name string
	// begin sets the stage, and returns what is done on it.
	begin func(t *testing.T, s *stage) func() error
	again []fault.Kind // besides success
	after func(t *testing.T, s *stage)
}

// acts are all verbs; of those that make something, once without and
// once with an idempotency key.
func acts() []act {
	all := slices.Concat(serviceActs(), repeatedActs(), appActs())
	for _, v := range verbs {
		a := act{name: v.name, begin: func(t *testing.T, s *stage) func() error {
			c := s.fresh(s.owner)
			return func() error { return v.do(t, s, c) }
		}}
		switch v.name {
		case "Remove another", "Withdraw", "RevokeToken", "DeleteApp", "RevokeKey":
			a.again = []fault.Kind{fault.NotFound}
		case "MakeKey":
			a.again = []fault.Kind{fault.Conflict} // it was made, and there is no room for more
		case "Leave":
			a.begin = func(t *testing.T, s *stage) func() error {
				c := s.fresh(s.viewer)
				return func() error { return c.Remove(t.Context(), string(c.Member), "") }
			}
			a.again = []fault.Kind{fault.NotFound}
		}
		if k, ok := leaves[v.name]; ok {
			a.after = left(k)
		}
		all = append(all, a)
	}
	return all
}

// plain is an act without anything to be set for it.
func plain(name string, do func(t *testing.T, s *stage) error) act {
	return act{name: name, begin: func(t *testing.T, s *stage) func() error {
		return func() error { return do(t, s) }
	}}
}

func serviceActs() []act {
	return []act{
		plain("SignIn", func(t *testing.T, s *stage) error {
			_, _, err := s.SignIn(t.Context(), who("olga"))
			return err
		}),
		{name: "SignOut", begin: func(t *testing.T, s *stage) func() error {
			token, _, err := s.SignIn(t.Context(), who("olga"))
			s.must(err)
			return func() error { return s.SignOut(t.Context(), token) }
		}},
		{name: "Authenticate a session", begin: func(t *testing.T, s *stage) func() error {
			token, _, err := s.SignIn(t.Context(), who("olga"))
			s.must(err)
			return func() error { _, err := s.Authenticate(t.Context(), token, noAddr); return err }
		}},
		{name: "Authenticate a token", begin: func(t *testing.T, s *stage) func() error {
			_, token, err := s.owner.MakeToken(t.Context(), account.NewToken{Name: "t"}, "")
			s.must(err)
			return func() error { _, err := s.Authenticate(t.Context(), token, noAddr); return err }
		}},
		plain("In", func(t *testing.T, s *stage) error {
			_, err := s.In(t.Context(), s.viewer.Principal, string(s.viewer.Account))
			return err
		}),
		{name: "Create", begin: func(t *testing.T, s *stage) func() error { return creating(t, s, "") }},
		plain("Memberships", func(t *testing.T, s *stage) error {
			_, _, err := s.Memberships(t.Context(), s.viewer.Principal, account.Page{})
			return err
		}),
		{name: "Invitations", begin: func(t *testing.T, s *stage) func() error {
			ivy := s.signIn("ivy")
			return func() error { _, err := s.Invitations(t.Context(), ivy); return err }
		}},
		{name: "Accept", begin: func(t *testing.T, s *stage) func() error {
			ivy := s.signIn("ivy")
			return func() error { _, err := s.Accept(t.Context(), ivy, s.invitation.ID); return err }
		}, after: count("member/", 6)},
	}
}

func creating(t *testing.T, s *stage, once string) func() error {
	carl := s.signIn("carl")
	return func() error {
		_, err := s.Create(t.Context(), carl, account.Profile{FullName: name, Email: "carl@private.example"}, once)
		return err
	}
}

// count makes sure that so many records begin with a prefix.
func count(prefix string, want int) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		if n := s.lines(s.owner.Account, prefix); n != want {
			t.Errorf("there are %d of %s, want %d", n, prefix, want)
		}
	}
}

func repeatedActs() []act {
	const once = "4a6c-key"
	create := act{name: "Create once", begin: func(t *testing.T, s *stage) func() error { return creating(t, s, once) }}
	create.after = func(t *testing.T, s *stage) {
		if all, _, err := s.Memberships(t.Context(), s.signIn("carl"), account.Page{}); err != nil || len(all) != 1 {
			t.Errorf("there are %+v, %v", all, err)
		}
	}
	invite := act{name: "Invite once", begin: func(t *testing.T, s *stage) func() error {
		c := s.fresh(s.owner)
		return func() error {
			_, err := c.Invite(t.Context(), "nora@example.org", account.Viewer, once)
			return err
		}
	}}
	invite.after = count("invitation/", 6) // that for ivy, and those that were accepted
	token := act{name: "MakeToken once", begin: func(t *testing.T, s *stage) func() error {
		c := s.fresh(s.owner)
		return func() error {
			_, _, err := c.MakeToken(t.Context(), account.NewToken{Name: "ci"}, once)
			return err
		}
	}}
	token.after = count("token/", 6)
	return []act{
		create, invite, token,
		{name: "Update a version", begin: func(t *testing.T, s *stage) func() error {
			c, v := s.fresh(s.owner), s.version("account")
			return func() error {
				_, err := c.Update(t.Context(), account.Profile{FullName: name}, v)
				return err
			}
		}, again: []fault.Kind{fault.Conflict}},
		{name: "SetPayment of a version", begin: func(t *testing.T, s *stage) func() error {
			c, v := s.fresh(s.owner), s.version("payment")
			return func() error {
				_, err := c.SetPayment(t.Context(), account.Payment{Brand: "Visa"}, v)
				return err
			}
		}, again: []fault.Kind{fault.Conflict}},
		{name: "Remove who has many tokens", begin: func(t *testing.T, s *stage) func() error {
			s.fill(s.viewer)
			c := s.fresh(s.owner)
			return func() error { return c.Remove(t.Context(), string(s.viewer.Member), "") }
		}, again: []fault.Kind{fault.NotFound}, after: count("token/", 4)},
	}
}

// fresh returns a caller as of a new request.
func (s *stage) fresh(c *account.Caller) *account.Caller { return s.in(c.Principal, c.Account) }

// fill gives a member as many access tokens as one may have.
func (s *stage) fill(c *account.Caller) {
	for range account.MaxTokens - 1 {
		_, _, err := c.MakeToken(s.Context(), account.NewToken{Name: "one of many"}, "")
		s.must(err)
	}
}

func (s *stage) version(name string) directory.Version {
	r, err := s.memory.Get(s.Context(), directory.Key{Part: s.owner.Account.Part(), Name: name})
	s.must(err)
	return r.Version
}
