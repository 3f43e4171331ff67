package account

import (
	"context"
	"errors"
	"slices"
	"strings"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/seal"
)

// In returns the principal in an account. The error is a fault of kind NotFound
// for an account that does not exist, and for one that it is no member of.
func (s *Service) In(ctx context.Context, p *Principal, of string) (*Caller, error) {
	if !isID(of) {
		return nil, noAccount()
	}
	c := &Caller{s: s, Principal: p, Account: ID(of)}
	if err := c.find(ctx); errors.Is(err, directory.ErrAbsent) {
		return nil, noAccount()
	} else if err != nil {
		return nil, err
	}
	return c, nil
}

// find fills in who the caller is. It meets ErrAbsent for every reason why the
// caller may not know of the account.
func (c *Caller) find(ctx context.Context) error {
	if c.Principal.Session() {
		lookup, _, err := read[personRecord](ctx, c.s, byPerson(c.Principal.person, c.Account))
		if err != nil {
			return err
		}
		c.Member = lookup.Member
	} else if c.Principal.account != c.Account {
		return directory.ErrAbsent
	} else {
		c.Member = c.Principal.token.Member
	}
	record, _, err := read[accountRecord](ctx, c.s, c.Key(accountName))
	if err != nil {
		return err
	}
	if record.State != Active {
		return directory.ErrAbsent
	}
	c.found = record
	member, r, err := read[memberRecord](ctx, c.s, c.Key(memberPrefix+string(c.Member)))
	c.Role, c.seen = member.Role, r.Version
	return err
}

// retry is the function retry for somebody who is a member. He may have been
// removed meanwhile, or have another role, and be no longer allowed to do it.
func (c *Caller) retry(ctx context.Context, do func() error) error {
	return retry(func() error {
		err := do()
		if f := (*fault.Error)(nil); errors.As(err, &f) || !errors.Is(err, directory.ErrConflict) {
			return err
		}
		role := c.Role
		switch found := c.find(ctx); {
		case errors.Is(found, directory.ErrAbsent):
			return noAccount()
		case found != nil:
			return found
		case c.Role != role:
			return conflict("your role in this account has just been changed: try again")
		}
		return err
	})
}

// Key returns where a record of the caller's account lies.
func (c *Caller) Key(name string) directory.Key { return keyOf(c.Account, name) }

// Allow returns nil if the caller may do something, or a fault of kind
// Forbidden. An access token may do what both its member and its scope allow.
func (c *Caller) Allow(a Action) error {
	if !c.Role.May(a) {
		return forbidden("your role in this account is " + string(c.Role) + ", and this needs one that allows " + string(a) + whose(a))
	}
	if t := c.Principal.token; t != nil && len(t.Scope) > 0 && !slices.Contains(t.Scope, a) {
		return forbidden("the access token's scope has no " + string(a) + ": make one that has")
	}
	if t := c.Principal.token; t != nil && len(t.Apps) > 0 && slices.Contains(everyApp, a) {
		return forbidden("the access token is for certain applications, and " + string(a) + " is about all: make one that is for all")
	}
	return nil
}

// everyApp is what reaches all applications of an account, though it names none:
// a download of everything, who else may do what, what has happened anywhere. An
// access token that is for some applications does none of it.
var everyApp = []Action{CreateApps, ExportAccount, ManageMembers, ReadActivity}

// whose returns the roles that allow an action, as a clause.
func whose(a Action) string {
	var roles []string
	for _, r := range Roles {
		if r.May(a) {
			roles = append(roles, string(r))
		}
	}
	return ": " + strings.Join(roles, " or ")
}

// allowApp returns nil if the caller may touch an application, whether it
// exists or not, or a fault of kind Forbidden.
func (c *Caller) allowApp(id app.ID) error {
	if t := c.Principal.token; t != nil && len(t.Apps) > 0 && !slices.Contains(t.Apps, id) {
		return forbidden("the access token is for other applications: make one that is for this one")
	}
	return nil
}

// allowSession returns nil if the caller is a person who has signed in.
func (c *Caller) allowSession() error { return c.Principal.allowSession() }

func (p *Principal) allowSession() error {
	if !p.Session() {
		return forbidden("an access token cannot do this: sign in")
	}
	return nil
}

// Sealer returns what seals with the account's key. It is asked for once in a
// request.
func (c *Caller) Sealer(ctx context.Context) (seal.Sealer, error) {
	if c.sealer == nil {
		s, err := c.s.Vault.Sealer(ctx, string(c.Account))
		if err != nil {
			return nil, unavailable(err)
		}
		c.sealer = s
	}
	return c.sealer, nil
}

// Seal returns a value, as JSON, sealed for its place, the record k.
func (c *Caller) Seal(ctx context.Context, k directory.Key, value any) ([]byte, error) {
	s, err := c.Sealer(ctx)
	if err != nil {
		return nil, err
	}
	return sealJSON(s, k, value)
}

// open returns what Seal has sealed in the record k.
func open[V any](ctx context.Context, c *Caller, k directory.Key, sealed []byte) (V, error) {
	s, err := c.Sealer(ctx)
	if err != nil {
		var none V
		return none, err
	}
	return openJSON[V](s, k, sealed)
}

// Apply makes changes for the caller, and writes into the activity log that it
// has. They happen only as long as the account is there and the caller the member
// that Allow was asked about: one who is removed or gets another role meanwhile
// leaves nothing behind. The error is directory.ErrConflict, which c.retry knows
// what to do about, or a fault.
func (c *Caller) Apply(ctx context.Context, what Action, object string, changes ...directory.Change) (directory.Version, error) {
	line, err := c.log(ctx, what, object)
	if err != nil {
		return "", err
	}
	changes = append(slices.Clip(changes), line)
	member := directory.Check(c.Key(memberPrefix+string(c.Member)), directory.IfVersion)
	member.Version = c.seen
	for _, check := range []directory.Change{directory.Check(c.Key(accountName), directory.IfPresent), member} {
		if !slices.ContainsFunc(changes, func(other directory.Change) bool { return other.Key == check.Key }) {
			changes = append(changes, check)
		}
	}
	v, err := c.s.Directory.Apply(ctx, changes...)
	return v, unavailable(err)
}
