package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/account"
)

// Invitation lets the person with an e-mail address become a member.
type Invitation struct {
	ID      string       `json:"id" example:"0123456789abcdef0123456789abcdef"`
	Account account.ID   `json:"account" example:"0123456789abcdef0123456789abcdef"`
	Role    account.Role `json:"role" enum:"owner,admin,developer,billing,viewer"`
	Email   string       `json:"email" example:"grace@example.org"`
	Expires time.Time    `json:"expires"`
}

// NewInvitation is whom to invite.
type NewInvitation struct {
	Email string       `json:"email" doc:"The person accepts after signing in with this address." maxLength:"254" example:"grace@example.org"`
	Role  account.Role `json:"role" enum:"owner,admin,developer,billing,viewer"`
}

func invitationOf(i account.Invitation) Invitation { return Invitation(i) }

const invitationsPath = accountPath + "/invitations"

func (s *server) routeInvitations() {
	within(s, operation{
		id: "list-invitations", method: http.MethodGet, path: invitationsPath, tag: "members", query: pageQuery,
		summary: "List open invitations", needs: account.ReadMembers,
	}, func(ctx context.Context, c *call, me *account.Caller) (*listOutput[Invitation], error) {
		page, next, err := me.Invited(ctx, c.page())
		return listed(page, next, invitationOf), err
	})
	within(s, operation{
		id: "invite", method: http.MethodPost, path: invitationsPath, tag: "members", status: http.StatusCreated, once: true,
		summary: "Invite somebody", text: "The invitation is open for seven days. No mail is sent: the person finds it after signing in.", needs: account.ManageMembers,
		body: NewInvitation{}, example: NewInvitation{"grace@example.org", account.Developer},
	}, s.invite)
	within(s, operation{
		id: "withdraw-invitation", method: http.MethodDelete, path: invitationsPath + "/{invitation}", tag: "members",
		summary: "Take an invitation back", needs: account.ManageMembers,
	}, func(ctx context.Context, c *call, me *account.Caller) (*emptyOutput, error) {
		return &emptyOutput{}, me.Withdraw(ctx, c.path("invitation"))
	})
}

func (s *server) invite(ctx context.Context, c *call, me *account.Caller) (*made[Invitation], error) {
	once, err := c.once()
	if err != nil {
		return nil, err
	}
	var in NewInvitation
	if err := c.read(&in); err != nil {
		return nil, err
	}
	i, err := me.Invite(ctx, in.Email, in.Role, once)
	if err != nil {
		return nil, err
	}
	return &made[Invitation]{Location: c.below(i.ID), Body: invitationOf(*i)}, nil
}

// below returns where something is that was made in the list that the path
// names.
func (c *call) below(id string) string { return c.Request.URL.Path + "/" + id }
