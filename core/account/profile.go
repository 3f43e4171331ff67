package account

import (
	"context"
	"errors"
	"slices"

	"tacet/core/directory"
)

// ageRanges are all there are. "" is unsaid.
var ageRanges = []AgeRange{"", Under18, From18, From25, From35, From50, From65}

// check returns the profile as it is kept, or a fault that says what is wrong.
func (p Profile) check() (Profile, error) {
	var err error
	if p.FullName, err = typed("the full name", p.FullName, 200); err != nil {
		return p, err
	}
	if !slices.Contains(ageRanges, p.AgeRange) {
		return p, invalid("the age range is one of under-18, 18-24, 25-34, 35-49, 50-64, 65-and-over, or left out")
	}
	p.Email, err = eMail(p.Email)
	return p, err
}

// Get returns the account.
func (c *Caller) Get(ctx context.Context) (*Account, error) {
	if err := c.Allow(ReadAccount); err != nil {
		return nil, err
	}
	record, r, err := c.account(ctx)
	if err != nil {
		return nil, err
	}
	return c.unsealed(ctx, record, r)
}

// account returns the account's record, if it is not being deleted.
func (c *Caller) account(ctx context.Context) (accountRecord, directory.Record, error) {
	record, r, err := read[accountRecord](ctx, c.s, c.Key(accountName))
	if errors.Is(err, directory.ErrAbsent) || err == nil && record.State != Active {
		return record, r, noAccount()
	}
	return record, r, err
}

func (c *Caller) unsealed(ctx context.Context, record accountRecord, r directory.Record) (*Account, error) {
	profile, err := open[Profile](ctx, c, r.Key, record.Profile)
	if err != nil {
		return nil, err
	}
	return &Account{ID: c.Account, State: record.State, Created: record.Created, Profile: profile, Version: r.Version}, nil
}

// Update replaces the profile, if the account has this version.
func (c *Caller) Update(ctx context.Context, p Profile, v directory.Version) (*Account, error) {
	if err := c.Allow(UpdateAccount); err != nil {
		return nil, err
	}
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	var updated *Account
	err = c.retry(ctx, func() error {
		record, r, err := c.account(ctx)
		if err != nil {
			return err
		}
		if err := matches(r, v); err != nil {
			return err
		}
		if record.Profile, err = c.Seal(ctx, r.Key, p); err != nil {
			return err
		}
		value, err := encode(record)
		if err != nil {
			return err
		}
		version, err := c.Apply(ctx, UpdateAccount, string(c.Account), directory.Replace(r, value))
		updated = &Account{ID: c.Account, State: record.State, Created: record.Created, Profile: p, Version: version}
		return err
	})
	if err != nil {
		return nil, err
	}
	return updated, nil
}
