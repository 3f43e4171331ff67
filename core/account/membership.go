package account

import (
	"context"
	"strings"

	"tacet/core/directory"
	"tacet/core/fault"
)

// Membership is an account that a person is a member of.
type Membership struct {
	Account Account // without Version
	Member  MemberID
	Role    Role
}

// Memberships returns the accounts of a principal: of an access token, the one
// that it is for.
func (s *Service) Memberships(ctx context.Context, p *Principal, page Page) ([]Membership, string, error) {
	page, err := page.check()
	if err != nil {
		return nil, "", err
	}
	var all []Membership
	take := func(of string) (bool, error) {
		c, err := s.In(ctx, p, of)
		if err != nil {
			return false, butNotFound(err)
		}
		m, err := c.membership(ctx)
		if err != nil {
			return false, butNotFound(err)
		}
		all = append(all, *m)
		return true, nil
	}
	if !p.Session() {
		_, err := take(string(p.account))
		return all, "", err
	}
	next, err := s.page(ctx, ofPerson(p.person), "", page, func(r directory.Record) (bool, error) {
		if strings.HasPrefix(r.Name, oncePrefix) {
			return false, nil
		}
		return take(r.Name)
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}

// membership returns the caller's, with what it may see of the account.
func (c *Caller) membership(ctx context.Context) (*Membership, error) {
	m := &Membership{Account{ID: c.Account, State: c.found.State, Created: c.found.Created}, c.Member, c.Role}
	if c.Allow(ReadAccount) != nil {
		return m, nil
	}
	var err error
	m.Account.Profile, err = open[Profile](ctx, c, c.Key(accountName), c.found.Profile)
	return m, err
}

// callers hands all memberships of a person to do.
func (s *Service) callers(ctx context.Context, p *Principal, do func(*Caller)) error {
	return s.each(ctx, ofPerson(p.person), "", func(r directory.Record) error {
		if strings.HasPrefix(r.Name, oncePrefix) {
			return nil
		}
		c, err := s.In(ctx, p, r.Name)
		if err == nil {
			do(c)
		}
		return butNotFound(err)
	})
}

// butNotFound returns nil for what was found not to be there.
func butNotFound(err error) error {
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}
