package account

import (
	"context"
	"errors"
	"time"

	"tacet/core/directory"
	"tacet/core/seal"
)

// How many accounts a person may own, and be a member of.
const (
	maxOwned       = 20
	maxMemberships = 100
)

// Create makes an account, with the person as its owner. once is the
// idempotency key, "" for none.
func (s *Service) Create(ctx context.Context, p *Principal, profile Profile, once string) (*Account, error) {
	if err := p.allowSession(); err != nil {
		return nil, err
	}
	profile, err := profile.check()
	if err != nil {
		return nil, err
	}
	sealer, err := s.Deployment.Sealer(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	var made *Account
	err = retry(func() (err error) {
		made, err = s.create(ctx, p, profile, once, sealer)
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (s *Service) create(ctx context.Context, p *Principal, profile Profile, key string, sealer seal.Sealer) (*Account, error) {
	o, err := s.once(ctx, ofPerson(p.person), p.person, key, profile, sealer)
	if err != nil {
		return nil, err
	}
	if o.made != "" {
		c, err := s.In(ctx, p, o.made)
		if err == nil {
			return c.Get(ctx)
		}
		return nil, o.orGone(err)
	}
	if err := s.mayOwn(ctx, p); err != nil {
		return nil, err
	}
	c := &Caller{s: s, Principal: p, Account: ID(s.newID()), Member: MemberID(s.newID()), Role: Owner}
	now := s.Now().UTC()
	if err := s.Vault.Create(ctx, string(c.Account)); err != nil {
		return nil, unavailable(err)
	}
	changes, err := c.founding(ctx, profile, now)
	if err != nil {
		return nil, err
	}
	remembered, err := o.remember(string(c.Account), now)
	if err != nil {
		return nil, err
	}
	v, err := c.Apply(ctx, UpdateAccount, string(c.Account), append(changes, remembered...)...)
	if errors.Is(err, directory.ErrConflict) {
		// The account was never there. If this fails, a key is left that has
		// sealed nothing.
		_ = s.Vault.Destroy(ctx, string(c.Account))
	}
	return &Account{ID: c.Account, State: Active, Created: now, Profile: profile, Version: v}, err
}

// founding returns the changes that make an account with the caller as its only
// member.
func (c *Caller) founding(ctx context.Context, profile Profile, now time.Time) ([]directory.Change, error) {
	k := c.Key(accountName)
	sealed, err := c.Seal(ctx, k, profile)
	if err != nil {
		return nil, err
	}
	account, err := encode(accountRecord{State: Active, Created: now, Profile: sealed})
	if err != nil {
		return nil, err
	}
	tally, err := encode(tallyRecord{Members: 1, Owners: 1})
	if err != nil {
		return nil, err
	}
	member, err := c.enrol(ctx, Owner, now)
	return append(member,
		directory.Put(k, account, time.Time{}, directory.IfAbsent),
		directory.Put(c.Key(tallyName), tally, time.Time{}, directory.IfAbsent)), err
}

// enrol returns the changes that make the caller a member.
func (c *Caller) enrol(ctx context.Context, r Role, now time.Time) ([]directory.Change, error) {
	k := c.Key(memberPrefix + string(c.Member))
	sealed, err := c.Seal(ctx, k, c.Principal.Identity.Email)
	if err != nil {
		return nil, err
	}
	lookup := byPerson(c.Principal.person, c.Account)
	member, err := encode(memberRecord{Led: LedBy(lookup), Role: r, Since: now, Email: sealed})
	if err != nil {
		return nil, err
	}
	leads, err := encode(personRecord{c.Member})
	return []directory.Change{
		directory.Put(k, member, time.Time{}, directory.IfAbsent),
		directory.Put(lookup, leads, time.Time{}, directory.IfAbsent),
	}, err
}

// mayOwn returns nil if a person may make another account.
func (s *Service) mayOwn(ctx context.Context, p *Principal) error {
	all, owned := 0, 0
	err := s.callers(ctx, p, func(c *Caller) {
		all++
		if c.Role == Owner {
			owned++
		}
	})
	switch {
	case err != nil:
		return err
	case owned >= maxOwned:
		return tooMany("you own 20 accounts, and nobody may own more: delete one, or hand one over")
	}
	return mayJoin(all)
}

func mayJoin(memberships int) error {
	if memberships >= maxMemberships {
		return tooMany("you are a member of 100 accounts, and nobody may be of more: leave one")
	}
	return nil
}
