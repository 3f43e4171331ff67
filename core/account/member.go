package account

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"tacet/core/directory"
)

func noMember() error { return notFound("there is no such member in this account") }

// member returns a member's record.
func (c *Caller) member(ctx context.Context, id string) (memberRecord, directory.Record, error) {
	if !isID(id) {
		return memberRecord{}, directory.Record{}, noMember()
	}
	record, r, err := read[memberRecord](ctx, c.s, c.Key(memberPrefix+id))
	if errors.Is(err, directory.ErrAbsent) {
		err = noMember()
	}
	return record, r, err
}

func (c *Caller) unsealedMember(ctx context.Context, record memberRecord, r directory.Record) (*Member, error) {
	email, err := open[string](ctx, c, r.Key, record.Email)
	if err != nil {
		return nil, err
	}
	id := MemberID(strings.TrimPrefix(r.Name, memberPrefix))
	return &Member{ID: id, Role: record.Role, Email: email, Since: record.Since, Version: r.Version}, nil
}

// Members lists members.
func (c *Caller) Members(ctx context.Context, page Page) ([]Member, string, error) {
	if err := c.Allow(ReadMembers); err != nil {
		return nil, "", err
	}
	var all []Member
	next, err := c.s.page(ctx, c.Account.Part(), memberPrefix, page, func(r directory.Record) (bool, error) {
		record, err := decode[memberRecord](r)
		if err != nil {
			return false, err
		}
		m, err := c.unsealedMember(ctx, record, r)
		if err != nil {
			return false, err
		}
		all = append(all, *m)
		return true, nil
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}

// GetMember returns a member.
func (c *Caller) GetMember(ctx context.Context, id string) (*Member, error) {
	if err := c.Allow(ReadMembers); err != nil {
		return nil, err
	}
	record, r, err := c.member(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.unsealedMember(ctx, record, r)
}

// mayGive returns nil if the caller may make somebody have a role.
func (c *Caller) mayGive(r Role) error {
	if !slices.Contains(Roles, r) {
		return invalid("the role is one of owner, admin, developer, billing, viewer")
	}
	if r == Owner && c.Role != Owner {
		return forbidden("only owners make owners: ask one of them")
	}
	if r == Owner { // who can do what no access token can, such as to delete the account
		return c.allowSession()
	}
	return nil
}

// mayTouch returns nil if the caller may change or remove who has a role.
func (c *Caller) mayTouch(r Role) error {
	if r == Owner && c.Role != Owner {
		return forbidden("this member is an owner: only owners change and remove owners")
	}
	return nil
}

// SetRole changes a member's role.
func (c *Caller) SetRole(ctx context.Context, id string, r Role, v directory.Version) (*Member, error) {
	if err := c.Allow(ManageMembers); err != nil {
		return nil, err
	}
	if err := c.mayGive(r); err != nil {
		return nil, err
	}
	var changed *Member
	err := c.retry(ctx, func() (err error) {
		changed, err = c.setRole(ctx, id, r, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

func (c *Caller) setRole(ctx context.Context, id string, to Role, v directory.Version) (*Member, error) {
	record, r, err := c.member(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(c.mayTouch(record.Role), matches(r, v)); err != nil {
		return nil, err
	}
	m, err := c.unsealedMember(ctx, record, r)
	if err != nil || record.Role == to {
		return m, err
	}
	before := record.Role
	record.Role, m.Role = to, to
	value, err := encode(record)
	if err != nil {
		return nil, err
	}
	changes := []directory.Change{directory.Replace(r, value)}
	if n := owners(before, to); n != 0 {
		tally, err := c.s.recount(ctx, c.Account, 0, n)
		if err != nil {
			return nil, err
		}
		changes = append(changes, tally)
	}
	m.Version, err = c.Apply(ctx, ManageMembers, id, changes...)
	return m, err
}

// Remove removes a member, or oneself, with all access tokens of that member.
func (c *Caller) Remove(ctx context.Context, id string, v directory.Version) error {
	what := ManageMembers
	if id == string(c.Member) {
		what = LeaveAccount
	}
	if err := c.Allow(what); err != nil {
		return err
	}
	return c.retry(ctx, func() error { return c.remove(ctx, what, id, v) })
}

// remove removes as many of the access tokens first as may be too many for the
// last step: whoever stops in between has removed tokens of somebody who is to
// go, and does the rest when he tries again.
func (c *Caller) remove(ctx context.Context, what Action, id string, v directory.Version) error {
	record, r, err := c.member(ctx, id)
	if err != nil {
		return err
	}
	if err := cmp.Or(c.mayTouch(record.Role), matches(r, v)); err != nil {
		return err
	}
	tally, err := c.s.recount(ctx, c.Account, -1, owners(record.Role, ""))
	if err != nil {
		return err
	}
	const some = maxTokens / 2
	for len(record.Tokens) > some {
		ended := record.Tokens[:some]
		record.Tokens = record.Tokens[some:]
		value, err := encode(record)
		if err != nil {
			return err
		}
		r.Version, err = c.Apply(ctx, ManageAnyToken, id, append(c.ending(ended), directory.Replace(r, value))...)
		if err != nil {
			return err
		}
	}
	changes, err := removing(r)
	if err != nil {
		return err
	}
	_, err = c.Apply(ctx, what, id, append(append(changes, c.ending(record.Tokens)...), tally)...)
	return err
}

// ending returns the changes that end access tokens.
func (c *Caller) ending(tokens []heldToken) []directory.Change {
	var changes []directory.Change
	for _, t := range tokens {
		changes = append(changes,
			directory.Delete(c.Key(tokenPrefix+t.ID), directory.Always),
			directory.Delete(bySecret(t.Hash), directory.Always))
	}
	return changes
}
