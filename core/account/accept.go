package account

import (
	"context"
	"errors"
	"strings"

	"tacet/core/directory"
)

// Invitations returns those for the person's e-mail address.
func (s *Service) Invitations(ctx context.Context, p *Principal) ([]Invitation, error) {
	if err := p.allowSession(); err != nil {
		return nil, err
	}
	var all []Invitation
	err := s.invitedTo(ctx, p, func(id ID, invitation string) error {
		record, _, _, err := s.opened(ctx, id, invitation)
		if err == nil {
			_, err = s.stands(ctx, id, record)
		}
		if err != nil || record.Accepted || len(all) == maxInvitedTo {
			return butAbsent(err)
		}
		all = append(all, Invitation{ID: invitation, Account: id, Role: record.Role, Email: p.Identity.Email, Expires: record.Expires})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// butAbsent returns nil for what was found not to be there.
func butAbsent(err error) error {
	if errors.Is(err, directory.ErrAbsent) {
		return nil
	}
	return err
}

// invitedTo hands the account and the id of every invitation that there is, or
// was until lately, for the person's e-mail address to do.
func (s *Service) invitedTo(ctx context.Context, p *Principal, do func(id ID, invitation string) error) error {
	if p.Identity.Email == "" {
		return nil
	}
	to, err := s.addressed(ctx, p.Identity.Email)
	if err != nil {
		return err
	}
	return s.each(ctx, ofEmail(to), "", func(r directory.Record) error {
		id, invitation, _ := strings.Cut(r.Name, "/")
		return do(ID(id), invitation)
	})
}

// opened returns the record of an invitation, and that of its account, which is
// active; or ErrAbsent.
func (s *Service) opened(ctx context.Context, id ID, invitation string) (i invitationRecord, r directory.Record, account accountRecord, err error) {
	account, _, err = read[accountRecord](ctx, s, keyOf(id, accountName))
	if err == nil && account.State != Active {
		err = directory.ErrAbsent
	}
	if err != nil {
		return i, r, account, err
	}
	i, r, err = read[invitationRecord](ctx, s, keyOf(id, invitationPrefix+invitation))
	return i, r, account, err
}

// stands returns the check that who has sent an invitation still may, or
// ErrAbsent: who was removed, or has another role, must not come back, or bring
// somebody in, by what he has sent before.
func (s *Service) stands(ctx context.Context, of ID, i invitationRecord) (directory.Change, error) {
	by, r, err := read[memberRecord](ctx, s, keyOf(of, memberPrefix+string(i.By)))
	if err == nil && (!by.Role.May(ManageMembers) || i.Role == Owner && by.Role != Owner) {
		err = directory.ErrAbsent
	}
	check := directory.Check(r.Key, directory.IfVersion)
	check.Version = r.Version
	return check, err
}

// Accept makes the person a member. Repeating it is no error.
func (s *Service) Accept(ctx context.Context, p *Principal, invitation string) (*Membership, error) {
	if err := p.allowSession(); err != nil {
		return nil, err
	}
	var of ID
	err := s.invitedTo(ctx, p, func(id ID, other string) error {
		if other == invitation {
			of = id
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if of == "" {
		return nil, noInvitation()
	}
	var m *Membership
	err = retry(func() (err error) {
		m, err = s.accept(ctx, p, of, invitation)
		return err
	})
	if errors.Is(err, directory.ErrAbsent) {
		err = noInvitation()
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// accept finds out first whether the person is a member already: then this has
// been done before, or somebody has invited a member.
func (s *Service) accept(ctx context.Context, p *Principal, of ID, invitation string) (*Membership, error) {
	record, r, account, err := s.opened(ctx, of, invitation)
	if err != nil {
		return nil, err
	}
	switch c, err := s.In(ctx, p, string(of)); {
	case err == nil:
		return c.membership(ctx)
	case butNotFound(err) != nil:
		return nil, err
	case record.Accepted:
		return nil, noInvitation()
	}
	if err := s.mayJoin(ctx, p); err != nil {
		return nil, err
	}
	by, err := s.stands(ctx, of, record)
	if err != nil {
		return nil, err
	}
	c := &Caller{s: s, Principal: p, Account: of, Member: MemberID(s.newID()), Role: record.Role, found: account}
	changes, err := c.enrol(ctx, record.Role, s.Now().UTC())
	if err != nil {
		return nil, err
	}
	tally, err := s.recount(ctx, of, 1, owners("", record.Role))
	if err != nil {
		return nil, err
	}
	// It stays, with its lookup, until it expires: whoever repeats this finds
	// what has become of it.
	record.Accepted = true
	value, err := encode(record)
	if err != nil {
		return nil, err
	}
	if _, err := c.Apply(ctx, ManageMembers, string(c.Member), append(changes, tally, by, directory.Replace(r, value))...); err != nil {
		return nil, err
	}
	return c.membership(ctx)
}

// mayJoin returns nil if a person may become a member of another account.
func (s *Service) mayJoin(ctx context.Context, p *Principal) error {
	all := 0
	if err := s.callers(ctx, p, func(*Caller) { all++ }); err != nil {
		return err
	}
	return mayJoin(all)
}
