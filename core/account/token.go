package account

import (
	"context"
	"encoding/base32"
	"errors"
	"slices"
	"strings"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
)

// Limits of access tokens.
const (
	maxTokens    = 50 // of one member
	usualToken   = 90 * 24 * time.Hour
	longestToken = 365 * 24 * time.Hour
	maxTokenApps = 100
)

// NewToken is what an access token is to be.
type NewToken struct {
	Name    string
	Scope   []Action // none means: all that the member may do
	Apps    []app.ID
	Expires time.Time // zero means in 90 days
}

// check returns the token as it is made, or a fault that says what is wrong.
func (t NewToken) check(now time.Time) (NewToken, error) {
	var err error
	if t.Name, err = named("the name of the access token", t.Name); err != nil {
		return t, err
	}
	for _, a := range t.Scope {
		if !known(a) {
			return t, invalid("the scope has a word that is no permission: /v1/permissions lists those there are")
		}
	}
	t.Scope = unique(t.Scope)
	for _, id := range t.Apps {
		if _, err := app.ParseID(string(id)); err != nil {
			return t, err
		}
	}
	if t.Apps = unique(t.Apps); len(t.Apps) > maxTokenApps {
		return t, invalid("an access token names at most 100 applications: leave them out for one that is for all")
	}
	if t.Expires.IsZero() {
		t.Expires = now.Add(usualToken)
	}
	t.Expires = t.Expires.UTC().Truncate(time.Second)
	if !t.Expires.After(now) || t.Expires.After(now.Add(longestToken)) {
		return t, invalid("an access token expires in the future, and a year from now at most")
	}
	return t, nil
}

func known(a Action) bool {
	return slices.ContainsFunc(Permissions(), func(p Permission) bool { return p.Action == a })
}

// unique returns what is in all, once each, by order.
func unique[T ~string](all []T) []T {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}

// MakeToken makes an access token, and returns it in clear for the only time:
// a repeated call with the same once returns "" in its place.
func (c *Caller) MakeToken(ctx context.Context, t NewToken, once string) (*Token, string, error) {
	if err := c.Allow(ManageTokens); err != nil {
		return nil, "", err
	}
	if err := c.allowSession(); err != nil {
		return nil, "", err
	}
	asked := t
	t, err := t.check(c.s.Now())
	if err != nil {
		return nil, "", err
	}
	var made *Token
	var secret string
	err = c.retry(ctx, func() (err error) {
		made, secret, err = c.makeToken(ctx, t, asked, once)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return made, secret, nil
}

func (c *Caller) makeToken(ctx context.Context, t, asked NewToken, key string) (*Token, string, error) {
	o, err := c.once(ctx, ManageTokens, key, asked)
	if err != nil {
		return nil, "", err
	}
	if o.made != "" {
		record, r, err := c.token(ctx, o.made)
		if err != nil {
			return nil, "", o.orGone(err)
		}
		made, err := c.unsealedToken(ctx, record, r)
		return made, "", err
	}
	now := c.s.Now().UTC()
	member, holder, err := c.member(ctx, string(c.Member))
	if err != nil {
		return nil, "", err
	}
	member.Tokens = slices.DeleteFunc(member.Tokens, func(t heldToken) bool { return !now.Before(t.Expires) })
	if len(member.Tokens) >= maxTokens {
		return nil, "", tooMany("you have 50 access tokens, and nobody may have more: revoke one")
	}

	secret := tokenMark + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(c.s.random(32)))
	made := &Token{ID: c.s.newID(), Name: t.Name, Member: c.Member, Scope: t.Scope, Apps: t.Apps, Created: now, Expires: t.Expires}
	hash := hashOf([]byte(secret))
	member.Tokens = append(member.Tokens, heldToken{made.ID, hash, made.Expires})
	changes, err := c.tokenRecords(ctx, made, hash)
	if err != nil {
		return nil, "", err
	}
	value, err := encode(member)
	if err != nil {
		return nil, "", err
	}
	remembered, err := o.remember(made.ID, now)
	if err != nil {
		return nil, "", err
	}
	changes = append(changes, directory.Replace(holder, value))
	_, err = c.Apply(ctx, ManageTokens, made.ID, append(changes, remembered...)...)
	return made, secret, err
}

func (c *Caller) tokenRecords(ctx context.Context, t *Token, hash string) ([]directory.Change, error) {
	k := c.Key(tokenPrefix + t.ID)
	sealed, err := c.Seal(ctx, k, t.Name)
	if err != nil {
		return nil, err
	}
	record, err := encode(tokenRecord{
		Led: LedBy(bySecret(hash)), Member: t.Member, Scope: t.Scope, Apps: t.Apps, Created: t.Created, Expires: t.Expires, Name: sealed,
	})
	if err != nil {
		return nil, err
	}
	lookup, err := encode(secretRecord{c.Account, t.ID})
	return []directory.Change{
		directory.Put(k, record, t.Expires, directory.IfAbsent),
		directory.Put(bySecret(hash), lookup, t.Expires, directory.IfAbsent),
	}, err
}

// bearer returns who has an access token.
func (s *Service) bearer(ctx context.Context, token string) (*Principal, error) {
	hash := hashOf([]byte(token))
	lookup, _, err := read[secretRecord](ctx, s, bySecret(hash))
	if errors.Is(err, directory.ErrAbsent) || err == nil && (!isID(string(lookup.Account)) || !isID(lookup.Token)) {
		return nil, unauthenticated()
	}
	if err != nil {
		return nil, err
	}
	record, _, err := read[tokenRecord](ctx, s, keyOf(lookup.Account, tokenPrefix+lookup.Token))
	if errors.Is(err, directory.ErrAbsent) || err == nil && (!slices.Contains(record.Lookups, bySecret(hash).String()) || !s.Now().Before(record.Expires)) {
		return nil, unauthenticated()
	}
	if err != nil {
		return nil, err
	}
	return &Principal{token: record.token(lookup.Token), account: lookup.Account}, nil
}

// token returns what is known of an access token but its name.
func (r tokenRecord) token(id string) *Token {
	return &Token{ID: id, Member: r.Member, Scope: r.Scope, Apps: r.Apps, Created: r.Created, Expires: r.Expires}
}

func noToken() error { return notFound("there is no such access token, or it is another member's") }

// token returns the record of an access token that the caller may see.
func (c *Caller) token(ctx context.Context, id string) (tokenRecord, directory.Record, error) {
	if !isID(id) {
		return tokenRecord{}, directory.Record{}, noToken()
	}
	record, r, err := read[tokenRecord](ctx, c.s, c.Key(tokenPrefix+id))
	if errors.Is(err, directory.ErrAbsent) || err == nil && record.Member != c.Member && c.Allow(ManageAnyToken) != nil {
		return record, r, noToken()
	}
	return record, r, err
}

func (c *Caller) unsealedToken(ctx context.Context, record tokenRecord, r directory.Record) (*Token, error) {
	t := record.token(strings.TrimPrefix(r.Name, tokenPrefix))
	var err error
	t.Name, err = open[string](ctx, c, r.Key, record.Name)
	return t, err
}

// Tokens lists one's access tokens, and everybody's who may see them.
func (c *Caller) Tokens(ctx context.Context, page Page) ([]Token, string, error) {
	if err := c.Allow(ManageTokens); err != nil {
		return nil, "", err
	}
	var all []Token
	next, err := c.s.page(ctx, c.Account.Part(), tokenPrefix, page, func(r directory.Record) (bool, error) {
		record, err := decode[tokenRecord](r)
		if err != nil || record.Member != c.Member && c.Allow(ManageAnyToken) != nil {
			return false, err
		}
		t, err := c.unsealedToken(ctx, record, r)
		if err != nil {
			return false, err
		}
		all = append(all, *t)
		return true, nil
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}

// RevokeToken ends an access token, at once.
func (c *Caller) RevokeToken(ctx context.Context, id string) error {
	if err := c.Allow(ManageTokens); err != nil {
		return err
	}
	return c.retry(ctx, func() error {
		record, r, err := c.token(ctx, id)
		if err != nil {
			return err
		}
		changes, err := removing(r)
		if err != nil {
			return err
		}
		member, holder, err := read[memberRecord](ctx, c.s, c.Key(memberPrefix+string(record.Member)))
		if err == nil {
			member.Tokens = slices.DeleteFunc(member.Tokens, func(t heldToken) bool { return t.ID == id })
			value, err := encode(member)
			if err != nil {
				return err
			}
			changes = append(changes, directory.Replace(holder, value))
		} else if !errors.Is(err, directory.ErrAbsent) {
			return err
		}
		what := ManageTokens
		if record.Member != c.Member {
			what = ManageAnyToken
		}
		_, err = c.Apply(ctx, what, id, changes...)
		return err
	})
}
