package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/account"
	"tacet/core/directory"
)

// Member is a person in an account.
type Member struct {
	ID    account.MemberID `json:"id" example:"0123456789abcdef0123456789abcdef"`
	Role  account.Role     `json:"role" enum:"owner,admin,developer,billing,viewer"`
	Email string           `json:"email,omitzero" doc:"Left out if the issuer tells none." example:"ada@example.org"`
	Since time.Time        `json:"since"`
}

// RoleChange is a merge patch of a member.
type RoleChange struct {
	Role account.Role `json:"role" enum:"owner,admin,developer,billing,viewer" doc:"Only owners make, change and remove owners."`
}

func memberOf(m account.Member) Member { return Member{m.ID, m.Role, m.Email, m.Since} }

const (
	membersPath = accountPath + "/members"
	memberPath  = membersPath + "/{member}"
)

func (s *server) routeMembers() {
	within(s, operation{
		id: "list-members", method: http.MethodGet, path: membersPath, tag: "members", query: pageQuery,
		summary: "List members", needs: account.ReadMembers,
	}, func(ctx context.Context, c *call, me *account.Caller) (*listOutput[Member], error) {
		page, next, err := me.Members(ctx, c.page())
		return listed(page, next, memberOf), err
	})
	within(s, operation{
		id: "get-member", method: http.MethodGet, path: memberPath, tag: "members", none: true,
		summary: "Get a member", needs: account.ReadMembers,
	}, func(ctx context.Context, c *call, me *account.Caller) (*one[Member], error) {
		return c.member(me.GetMember(ctx, c.path("member")))
	})
	within(s, operation{
		id: "update-member", method: http.MethodPatch, path: memberPath, tag: "members", match: true, merge: true,
		summary: "Change a member's role", text: "An account always has an owner.", needs: account.ManageMembers,
		body: RoleChange{}, example: RoleChange{account.Developer},
	}, s.updateMember)
	within(s, operation{
		id: "remove-member", method: http.MethodDelete, path: memberPath, tag: "members", match: true,
		summary: "Remove a member, or leave the account",
		text:    "The member's access tokens end with it. To leave, name yourself, which needs `self:leave`, and all roles have that. An account always has an owner.", needs: account.ManageMembers,
	}, s.removeMember)
}

func (c *call) member(m *account.Member, err error) (*one[Member], error) {
	if err != nil {
		return nil, err
	}
	tag := etag(m.Version)
	if err := c.fresh(tag); err != nil {
		return nil, err
	}
	return &one[Member]{ETag: tag, Body: memberOf(*m)}, nil
}

func (s *server) updateMember(ctx context.Context, c *call, me *account.Caller) (*one[Member], error) {
	var in RoleChange
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return matching(c, func(v directory.Version) (*one[Member], error) {
		return c.member(me.SetRole(ctx, c.path("member"), in.Role, v))
	})
}

func (s *server) removeMember(ctx context.Context, c *call, me *account.Caller) (*emptyOutput, error) {
	return matching(c, func(v directory.Version) (*emptyOutput, error) {
		return &emptyOutput{}, me.Remove(ctx, c.path("member"), v)
	})
}
