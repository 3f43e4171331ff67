package rights

import (
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
)

// What a download says of each class, as JSON.
type (
	profileLine struct {
		ID      account.ID      `json:"id"`
		State   account.State   `json:"state"`
		Created time.Time       `json:"created"`
		Profile account.Profile `json:"profile"`
	}
	memberLine struct {
		ID    account.MemberID `json:"id"`
		Role  account.Role     `json:"role"`
		Since time.Time        `json:"since"`
		Email string           `json:"email,omitzero"`
	}
	invitationLine struct {
		ID      string       `json:"id"`
		Role    account.Role `json:"role"`
		Expires time.Time    `json:"expires"`
	}
	applicationLine struct {
		ID        app.ID       `json:"id"`
		Name      string       `json:"name"`
		Plan      plan.Name    `json:"plan"`
		Suspended bool         `json:"suspended"`
		Settings  app.Settings `json:"settings"`
		Created   time.Time    `json:"created"`
	}
	keyLine struct {
		App       app.ID          `json:"app"`
		ID        account.KeyID   `json:"id"`
		Kind      string          `json:"kind"`
		Algorithm grant.Algorithm `json:"algorithm,omitzero"`
		JWKSURL   string          `json:"jwksUrl,omitzero"`
		Created   time.Time       `json:"created"`
		Until     time.Time       `json:"until,omitzero"`
	}
	tokenLine struct {
		ID      string           `json:"id"`
		Name    string           `json:"name"`
		Member  account.MemberID `json:"member"`
		Scope   []account.Action `json:"scope"`
		Apps    []app.ID         `json:"apps"`
		Created time.Time        `json:"created"`
		Expires time.Time        `json:"expires"`
	}
	activityLine struct {
		At      time.Time          `json:"at"`
		Member  account.MemberID   `json:"member"`
		Token   string             `json:"token,omitzero"`
		What    account.Action     `json:"what"`
		Object  string             `json:"object"`
		Address privacy.Anonymised `json:"address,omitzero"`
	}
)

// pages calls f for each thing of a list.
func pages[T any](list func(account.Page) ([]T, string, error), f func(T) error) error {
	for page := (account.Page{Limit: 100}); ; {
		some, next, err := list(page)
		if err != nil {
			return err
		}
		for _, one := range some {
			if err := f(one); err != nil {
				return err
			}
		}
		if page.After = next; next == "" {
			return nil
		}
	}
}

// array writes a list into a file that is one array.
func array[T, L any](f *file, list func(account.Page) ([]T, string, error), line func(T) (L, bool)) error {
	if err := f.begin(); err != nil {
		return err
	}
	err := pages(list, func(one T) error {
		if l, wanted := line(one); wanted {
			return f.item(l)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.end()
}

// own reports whether something of a member belongs into the download.
func (x *contents) own(m account.MemberID) bool {
	return x.export.Scope == WholeAccount || m == x.c.Member
}

func (x *contents) profile(f *file) error {
	a, err := x.c.Get(x.ctx)
	if err != nil {
		return err
	}
	return f.line(profileLine{a.ID, a.State, a.Created, a.Profile})
}

func (x *contents) payment(f *file) error {
	p, _, err := x.c.Payment(x.ctx)
	if err != nil {
		return err
	}
	return f.line(p)
}

func (x *contents) members(f *file) error {
	list := func(p account.Page) ([]account.Member, string, error) { return x.c.Members(x.ctx, p) }
	return array(f, list, func(m account.Member) (memberLine, bool) {
		line := memberLine{ID: m.ID, Role: m.Role, Since: m.Since}
		if m.ID == x.c.Member {
			line.Email = m.Email
		}
		return line, x.own(m.ID)
	})
}

func (x *contents) invitations(f *file) error {
	list := func(p account.Page) ([]account.Invitation, string, error) { return x.c.Invited(x.ctx, p) }
	return array(f, list, func(i account.Invitation) (invitationLine, bool) {
		return invitationLine{i.ID, i.Role, i.Expires}, true
	})
}

// apps calls f for each application, by ascending id.
func (x *contents) apps(f func(account.Application) error) error {
	return pages(func(p account.Page) ([]account.Application, string, error) { return x.c.Apps(x.ctx, p) }, f)
}

func (x *contents) applications(f *file) error {
	list := func(p account.Page) ([]account.Application, string, error) { return x.c.Apps(x.ctx, p) }
	return array(f, list, func(a account.Application) (applicationLine, bool) {
		return applicationLine{a.ID, a.Name, a.Plan, a.Suspended, a.Settings, a.Created}, true
	})
}

func (x *contents) keys(f *file) error {
	if err := f.begin(); err != nil {
		return err
	}
	err := x.apps(func(a account.Application) error {
		all, err := x.c.Keys(x.ctx, string(a.ID))
		if err != nil {
			return err
		}
		for _, k := range all {
			if err := f.item(keyLine{a.ID, k.ID, k.Kind.String(), k.Algorithm, k.JWKSURL, k.Created, k.Until}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.end()
}

func (x *contents) tokens(f *file) error {
	list := func(p account.Page) ([]account.Token, string, error) { return x.c.Tokens(x.ctx, p) }
	return array(f, list, func(t account.Token) (tokenLine, bool) {
		return tokenLine{t.ID, t.Name, t.Member, t.Scope, t.Apps, t.Created, t.Expires}, x.own(t.Member)
	})
}

func (x *contents) activity(f *file) error {
	list := func(p account.Page) ([]account.Entry, string, error) { return x.c.Activity(x.ctx, p) }
	return pages(list, func(e account.Entry) error {
		if !x.own(e.Member) {
			return nil
		}
		return f.line(activityLine{e.At, e.Member, e.Token, e.What, e.Object, e.Address})
	})
}

// ledger finds the account's lines among all that there are: they are few, and
// nothing in them says where to look.
func (x *contents) ledger(f *file) error {
	who, err := x.s.who(x.ctx, x.c.Account)
	if err != nil {
		return err
	}
	if err := f.begin(); err != nil {
		return err
	}
	for after := int64(0); ; {
		page, err := x.s.Ledger.Entries(x.ctx, after, directory.MaxPage)
		if err != nil {
			return err
		}
		for _, e := range page {
			after = e.Seq
			if e.Who != who {
				continue
			}
			if err := f.item(e); err != nil {
				return err
			}
		}
		if len(page) == 0 {
			return f.end()
		}
	}
}
