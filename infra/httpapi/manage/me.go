package manage

import (
	"context"
	"net/http"

	"tacet/core/account"
)

// Me is who makes a request.
type Me struct {
	Person      *Person      `json:"person,omitempty" doc:"Left out for an access token."`
	Memberships []Membership `json:"memberships" doc:"The first hundred accounts that you are a member of."`
	Invitations []Invitation `json:"invitations" doc:"Those for your e-mail address."`
}

// Person is somebody who has signed in, as the issuer tells.
type Person struct {
	Issuer   string `json:"issuer,omitempty" example:"https://login.example.org"`
	Email    string `json:"email,omitempty" doc:"Left out if the issuer tells none." example:"ada@example.org"`
	Operator bool   `json:"operator" doc:"Whether you run this deployment."`
}

type meOutput struct{ Body Me }

func (s *server) routeMe() {
	known(s, operation{
		id: "get-me", method: http.MethodGet, path: "/v1/me", tag: "sessions",
		summary: "Who you are, and which accounts you are a member of",
	}, s.me)
	known(s, operation{
		id: "accept-invitation", method: http.MethodPost, path: "/v1/invitations/{invitation}/accept", tag: "members",
		summary: "Become a member", text: "The invitation must be for the e-mail address that you have signed in with. Repeating it does no harm. An access token cannot do this: it needs a session.",
	}, s.accept)
}

func (s *server) me(ctx context.Context, c *call) (*meOutput, error) {
	memberships, _, err := s.Accounts.Memberships(ctx, c.principal, account.Page{Limit: 100})
	if err != nil {
		return nil, err
	}
	out := &meOutput{Me{Memberships: listed(memberships, "", membershipOf).Body.Items, Invitations: []Invitation{}}}
	if !c.principal.Session() {
		return out, nil
	}
	invitations, err := s.Accounts.Invitations(ctx, c.principal)
	if err != nil {
		return nil, err
	}
	who := c.principal.Identity
	out.Body.Person = &Person{who.Issuer, who.Email, who.Operator}
	out.Body.Invitations = listed(invitations, "", invitationOf).Body.Items
	return out, nil
}

type membershipOutput struct{ Body Membership }

func (s *server) accept(ctx context.Context, c *call) (*membershipOutput, error) {
	m, err := s.Accounts.Accept(ctx, c.principal, c.path("invitation"))
	if err != nil {
		return nil, err
	}
	return &membershipOutput{membershipOf(*m)}, nil
}
