package account

import (
	"context"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/privacy"
)

// SignIn returns a token for a session of twelve hours.
func (s *Service) SignIn(ctx context.Context, who Identity) (token string, expires time.Time, err error) {
	return "", time.Time{}, errUnbuilt
}

// SignOut ends the session of a token. One that has ended is no error.
func (s *Service) SignOut(ctx context.Context, token string) error { return errUnbuilt }

// Authenticate returns who has the bearer token of a session or an access token.
// The error is a fault of kind Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, token string, from privacy.Addr) (*Principal, error) {
	return nil, errUnbuilt
}

// In returns the principal in an account. The error is a fault of kind NotFound
// for an account that does not exist, and for one that it is no member of.
func (s *Service) In(ctx context.Context, p *Principal, of string) (*Caller, error) {
	return nil, errUnbuilt
}

// Create makes an account, with the person as its owner. once is the
// idempotency key, "" for none.
func (s *Service) Create(ctx context.Context, p *Principal, profile Profile, once string) (*Account, error) {
	return nil, errUnbuilt
}

// Membership is an account that a person is a member of.
type Membership struct {
	Account Account // without Version
	Member  MemberID
	Role    Role
}

// Memberships returns the accounts of a principal.
func (s *Service) Memberships(ctx context.Context, p *Principal, page Page) ([]Membership, string, error) {
	return nil, "", errUnbuilt
}

// Invitations returns those for the person's e-mail address.
func (s *Service) Invitations(ctx context.Context, p *Principal) ([]Invitation, error) {
	return nil, errUnbuilt
}

// Accept makes the person a member. Repeating it is no error.
func (s *Service) Accept(ctx context.Context, p *Principal, invitation string) (*Membership, error) {
	return nil, errUnbuilt
}

// Get returns the account.
func (c *Caller) Get(ctx context.Context) (*Account, error) { return nil, errUnbuilt }

// Update replaces the profile, if the account has this version.
func (c *Caller) Update(ctx context.Context, p Profile, v directory.Version) (*Account, error) {
	return nil, errUnbuilt
}

// Payment returns payment details, and their version; zero if there are none.
func (c *Caller) Payment(ctx context.Context) (Payment, directory.Version, error) {
	return Payment{}, "", errUnbuilt
}

// SetPayment replaces payment details. v is "" if there were none.
func (c *Caller) SetPayment(ctx context.Context, p Payment, v directory.Version) (directory.Version, error) {
	return "", errUnbuilt
}

// Members lists members.
func (c *Caller) Members(ctx context.Context, page Page) ([]Member, string, error) {
	return nil, "", errUnbuilt
}

// GetMember returns a member.
func (c *Caller) GetMember(ctx context.Context, id string) (*Member, error) { return nil, errUnbuilt }

// SetRole changes a member's role.
func (c *Caller) SetRole(ctx context.Context, id string, r Role, v directory.Version) (*Member, error) {
	return nil, errUnbuilt
}

// Remove removes a member, or oneself, with all access tokens of that member.
func (c *Caller) Remove(ctx context.Context, id string, v directory.Version) error {
	return errUnbuilt
}

// Invite invites somebody by e-mail address, for seven days. The person accepts
// after signing in with that address.
func (c *Caller) Invite(ctx context.Context, email string, r Role, once string) (*Invitation, error) {
	return nil, errUnbuilt
}

// Invited lists open invitations.
func (c *Caller) Invited(ctx context.Context, page Page) ([]Invitation, string, error) {
	return nil, "", errUnbuilt
}

// Withdraw takes an invitation back.
func (c *Caller) Withdraw(ctx context.Context, id string) error { return errUnbuilt }

// NewToken is what an access token is to be.
type NewToken struct {
	Name    string
	Scope   []Action // none means: all that the member may do
	Apps    []app.ID
	Expires time.Time // zero means in 90 days
}

// MakeToken makes an access token, and returns it in clear for the only time:
// a repeated call with the same once returns "" in its place.
func (c *Caller) MakeToken(ctx context.Context, t NewToken, once string) (*Token, string, error) {
	return nil, "", errUnbuilt
}

// Tokens lists one's access tokens, and everybody's who may see them.
func (c *Caller) Tokens(ctx context.Context, page Page) ([]Token, string, error) {
	return nil, "", errUnbuilt
}

// RevokeToken ends an access token, at once.
func (c *Caller) RevokeToken(ctx context.Context, id string) error { return errUnbuilt }

// Activity lists the activity log, the newest first.
func (c *Caller) Activity(ctx context.Context, page Page) ([]Entry, string, error) {
	return nil, "", errUnbuilt
}

var errUnbuilt = &fault.Error{Kind: fault.Unavailable, Text: "this is being built"}
