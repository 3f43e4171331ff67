package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"tacet/core/directory"
)

// Limits of invitations.
const (
	keepInvitation = 7 * 24 * time.Hour
	maxInvitations = 100 // open, of one account
	maxInvitedTo   = 200 // shown to one person
)

func noInvitation() error {
	return notFound("there is no such invitation: it has expired, or was withdrawn, or is for another e-mail address")
}

// addressed returns the keyed hash that an e-mail address is looked up by. What
// is before the @ is compared without regard to case as well: hardly any
// provider gives Ann and ann to two people, and many people write both.
func (s *Service) addressed(ctx context.Context, email string) (string, error) {
	return s.hash(ctx, "email", strings.ToLower(email))
}

// Invite invites somebody by e-mail address, for seven days. The person accepts
// after signing in with that address.
func (c *Caller) Invite(ctx context.Context, email string, r Role, once string) (*Invitation, error) {
	if err := c.Allow(ManageMembers); err != nil {
		return nil, err
	}
	if err := c.mayGive(r); err != nil {
		return nil, err
	}
	email, err := eMail(email)
	if err != nil {
		return nil, err
	}
	if email == "" {
		return nil, invalid("the e-mail address is missing: it is that of the person to invite")
	}
	to, err := c.s.addressed(ctx, email)
	if err != nil {
		return nil, err
	}
	var made *Invitation
	err = c.retry(ctx, func() (err error) {
		made, err = c.invite(ctx, email, to, r, once)
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (c *Caller) invite(ctx context.Context, email, to string, role Role, key string) (*Invitation, error) {
	o, err := c.once(ctx, ManageMembers, key, struct {
		Email string
		Role  Role
	}{email, role})
	if err != nil {
		return nil, err
	}
	if o.made != "" {
		record, r, err := c.invitation(ctx, o.made)
		if err != nil {
			return nil, o.orGone(err)
		}
		return c.unsealedInvitation(ctx, record, r)
	}
	// The tally is replaced as it is: of two who invite at the same time one
	// counts again.
	tally, err := c.s.recount(ctx, c.Account, 0, 0)
	if err != nil {
		return nil, err
	}
	if err := c.mayInvite(ctx); err != nil {
		return nil, err
	}
	now := c.s.Now().UTC()
	i := &Invitation{ID: c.s.newID(), Account: c.Account, Role: role, Email: email, Expires: now.Add(keepInvitation).Truncate(time.Second)}
	k, lookup := c.Key(invitationPrefix+i.ID), byEmail(to, c.Account, i.ID)
	sealed, err := c.Seal(ctx, k, email)
	if err != nil {
		return nil, err
	}
	value, err := encode(invitationRecord{Led: LedBy(lookup), By: c.Member, Role: role, Expires: i.Expires, Email: sealed})
	if err != nil {
		return nil, err
	}
	changes, err := o.remember(i.ID, now)
	if err != nil {
		return nil, err
	}
	_, err = c.Apply(ctx, ManageMembers, i.ID, append(changes, tally,
		directory.Put(k, value, i.Expires, directory.IfAbsent),
		directory.Put(lookup, []byte("{}"), i.Expires, directory.IfAbsent))...)
	return i, err
}

func (c *Caller) mayInvite(ctx context.Context) error {
	open := 0
	err := c.s.each(ctx, c.Account.Part(), invitationPrefix, func(r directory.Record) error {
		if record, err := decode[invitationRecord](r); err != nil || record.Accepted {
			return err
		}
		open++
		return nil
	})
	if err == nil && open >= maxInvitations {
		return tooMany("the account has 100 open invitations, and cannot have more: withdraw one, or wait until one is accepted")
	}
	return err
}

// invitation returns the record of an open invitation.
func (c *Caller) invitation(ctx context.Context, id string) (invitationRecord, directory.Record, error) {
	if !isID(id) {
		return invitationRecord{}, directory.Record{}, noInvitation()
	}
	record, r, err := read[invitationRecord](ctx, c.s, c.Key(invitationPrefix+id))
	if errors.Is(err, directory.ErrAbsent) || err == nil && record.Accepted {
		err = noInvitation()
	}
	return record, r, err
}

func (c *Caller) unsealedInvitation(ctx context.Context, record invitationRecord, r directory.Record) (*Invitation, error) {
	email, err := open[string](ctx, c, r.Key, record.Email)
	if err != nil {
		return nil, err
	}
	id := strings.TrimPrefix(r.Name, invitationPrefix)
	return &Invitation{ID: id, Account: c.Account, Role: record.Role, Email: email, Expires: record.Expires}, nil
}

// Invited lists open invitations.
func (c *Caller) Invited(ctx context.Context, page Page) ([]Invitation, string, error) {
	if err := c.Allow(ReadMembers); err != nil {
		return nil, "", err
	}
	var all []Invitation
	next, err := c.s.page(ctx, c.Account.Part(), invitationPrefix, page, func(r directory.Record) (bool, error) {
		record, err := decode[invitationRecord](r)
		if err != nil || record.Accepted {
			return false, err
		}
		i, err := c.unsealedInvitation(ctx, record, r)
		if err != nil {
			return false, err
		}
		all = append(all, *i)
		return true, nil
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}

// Withdraw takes an invitation back.
func (c *Caller) Withdraw(ctx context.Context, id string) error {
	if err := c.Allow(ManageMembers); err != nil {
		return err
	}
	return c.retry(ctx, func() error {
		record, r, err := c.invitation(ctx, id)
		if err != nil {
			return err
		}
		if err := c.mayTouch(record.Role); err != nil {
			return err
		}
		changes, err := removing(r)
		if err != nil {
			return err
		}
		_, err = c.Apply(ctx, ManageMembers, id, changes...)
		return err
	})
}
