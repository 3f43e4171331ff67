package account

import "tacet/core/privacy"

// Person returns the keyed hash of who the person is; of an access token, of
// its member.
func (p *Principal) Person() string { return p.person }

// Address returns where the request comes from.
func (p *Principal) Address() privacy.Addr { return p.address }

// Bound returns the account that an access token is good for; "" for a session.
func (p *Principal) Bound() ID { return p.account }

// Service returns what the caller's verbs are done by.
func (c *Caller) Service() *Service { return c.s }

// Reading returns a caller who may read everything in the account, for who has
// decided otherwise that it may be read: a person's right to what is held about
// him is no permission that a role has or has not. Only package rights calls it.
func (c *Caller) Reading() *Caller {
	reader, principal := *c, *c.Principal
	principal.token = nil
	reader.Principal, reader.Role = &principal, Owner
	return &reader
}
