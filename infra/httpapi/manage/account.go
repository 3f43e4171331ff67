package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/account"
	"tacet/core/directory"
)

// Profile is what is held about the person or team that an account belongs to.
type Profile struct {
	FullName string           `json:"fullName,omitzero" doc:"Optional." maxLength:"200" example:"Ada Lovelace"`
	AgeRange account.AgeRange `json:"ageRange,omitzero" doc:"As much of an age as is kept. Optional." enum:"under-18,18-24,25-34,35-49,50-64,65-and-over"`
	Email    string           `json:"email,omitzero" doc:"Where the account's owner is reached." maxLength:"254" example:"ada@example.org"`
}

// Account is a customer.
type Account struct {
	ID      account.ID    `json:"id" example:"0123456789abcdef0123456789abcdef"`
	State   account.State `json:"state" doc:"An account that is being deleted is gone for good soon." enum:"active,deleting"`
	Created time.Time     `json:"created"`
	Profile Profile       `json:"profile"`
}

// Membership is an account that somebody is a member of.
type Membership struct {
	Account Account          `json:"account"`
	Member  account.MemberID `json:"member" doc:"The member's id in this account." example:"0123456789abcdef0123456789abcdef"`
	Role    account.Role     `json:"role" enum:"owner,admin,developer,billing,viewer"`
}

// NewAccount is what an account is to be.
type NewAccount struct {
	Profile Profile `json:"profile,omitzero"`
}

// ProfileChange is a merge patch of a profile.
type ProfileChange struct {
	FullName change[string] `json:"fullName,omitzero" doc:"null takes it away." maxLength:"200"`
	AgeRange change[string] `json:"ageRange,omitzero" doc:"null takes it away."`
	Email    change[string] `json:"email,omitzero" doc:"null takes it away." maxLength:"254"`
}

// AccountChange is a merge patch of an account.
type AccountChange struct {
	Profile ProfileChange `json:"profile"`
}

// listOutput is a page of a list.
type listOutput[T any] struct{ Body list[T] }

// list is a page of a list.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Send it as cursor for what comes next; left out at the end."`
}

func listed[From, To any](page []From, next string, to func(From) To) *listOutput[To] {
	out := &listOutput[To]{list[To]{make([]To, len(page)), next}}
	for i, v := range page {
		out.Body.Items[i] = to(v)
	}
	return out
}

// one is an answer that is one object with a version.
type one[T any] struct {
	ETag string `header:"ETag" doc:"The version, for If-Match."`
	Body T
}

// made is an answer that is one object that was made.
type made[T any] struct {
	Location string `header:"Location" doc:"Where it is."`
	Body     T
}

// madeVersion is an answer that is one object with a version that was made.
type madeVersion[T any] struct {
	Location string `header:"Location" doc:"Where it is."`
	ETag     string `header:"ETag" doc:"The version, for If-Match."`
	Body     T
}

type emptyOutput struct{}

func accountOf(a account.Account) Account {
	return Account{a.ID, a.State, a.Created, Profile(a.Profile)}
}

func membershipOf(m account.Membership) Membership {
	return Membership{accountOf(m.Account), m.Member, m.Role}
}

const accountPath = "/v1/accounts/{account}"

func (s *server) routeAccounts() {
	known(s, operation{
		id: "list-accounts", method: http.MethodGet, path: "/v1/accounts", tag: "accounts",
		summary: "List the accounts that you are a member of", query: pageQuery,
	}, s.listAccounts)
	known(s, operation{
		id: "create-account", method: http.MethodPost, path: "/v1/accounts", tag: "accounts", status: http.StatusCreated, once: true,
		summary: "Create an account", text: "You become its owner. An access token cannot do this: it needs a session.",
		body: NewAccount{}, example: NewAccount{Profile{FullName: "Ada Lovelace", Email: "ada@example.org"}},
	}, s.createAccount)
	within(s, operation{
		id: "get-account", method: http.MethodGet, path: accountPath, tag: "accounts", none: true,
		summary: "Get an account", needs: account.ReadAccount,
	}, func(ctx context.Context, c *call, me *account.Caller) (*one[Account], error) {
		return c.account(me.Get(ctx))
	})
	within(s, operation{
		id: "update-account", method: http.MethodPatch, path: accountPath, tag: "accounts", match: true, merge: true,
		summary: "Change the profile", text: "What the patch leaves out stays as it is.", needs: account.UpdateAccount,
		body: AccountChange{}, example: map[string]any{"profile": map[string]any{"fullName": "Ada King", "ageRange": nil}},
	}, s.updateAccount)
}

// account answers with an account and its version.
func (c *call) account(a *account.Account, err error) (*one[Account], error) {
	if err != nil {
		return nil, err
	}
	tag := etag(a.Version)
	if err := c.fresh(tag); err != nil {
		return nil, err
	}
	return &one[Account]{ETag: tag, Body: accountOf(*a)}, nil
}

func (s *server) listAccounts(ctx context.Context, c *call) (*listOutput[Membership], error) {
	page, next, err := s.Accounts.Memberships(ctx, c.principal, c.page())
	return listed(page, next, membershipOf), err
}

func (s *server) createAccount(ctx context.Context, c *call) (*madeVersion[Account], error) {
	once, err := c.once()
	if err != nil {
		return nil, err
	}
	var in NewAccount
	if err := c.read(&in); err != nil {
		return nil, err
	}
	a, err := s.Accounts.Create(ctx, c.principal, account.Profile(in.Profile), once)
	if err != nil {
		return nil, err
	}
	return &madeVersion[Account]{"/v1/accounts/" + string(a.ID), etag(a.Version), accountOf(*a)}, nil
}

func (s *server) updateAccount(ctx context.Context, c *call, me *account.Caller) (*one[Account], error) {
	var in AccountChange
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return matching(c, func(v directory.Version) (*one[Account], error) {
		was, err := me.Get(ctx)
		if err != nil {
			return nil, err
		}
		p := was.Profile
		in.Profile.FullName.to(&p.FullName)
		in.Profile.AgeRange.to((*string)(&p.AgeRange))
		in.Profile.Email.to(&p.Email)
		if v == account.AnyVersion {
			v = was.Version
		}
		return c.account(me.Update(ctx, p, v))
	})
}

// matching changes what has the version that If-Match names. For one that takes
// any, whoever was faster is no reason to give up.
func matching[O any](c *call, do func(v directory.Version) (*O, error)) (*O, error) {
	v, err := c.match()
	if err != nil {
		return nil, err
	}
	out, err := do(v)
	for again := 0; v == account.AnyVersion && isConflict(err) && again < 3; again++ {
		out, err = do(v)
	}
	return out, changed(err)
}
