package command

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"tacet/infra/apiclient"
)

type accountMembers struct{ inAccount }

func (accountMembers) example() string { return "  tacet account members\n" }

// Run lists members.
func (a accountMembers) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	items := r.client.List(ctx, r.path("members"), nil)
	return r.explain(ctx, list(c, a.JSON, items, 0, "ID ROLE E-MAIL SINCE", "there is no member", func(x memberRecord) []string {
		return []string{x.ID, x.Role, x.Email, day(x.Since)}
	}))
}

type accountRole struct {
	inAccount
	Member string `arg:"" help:"The member's id, as tacet account members shows it."`
	Role   string `arg:"" enum:"${roles}" help:"The role: ${enum}."`
}

func (accountRole) example() string {
	return "  tacet account role 0123456789abcdef0123456789abcdef admin\n\nWhat each role may do: tacet account roles\n"
}

// Run changes the role.
func (a accountRole) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.change(ctx, http.MethodPatch, r.path("members", a.Member), map[string]string{"role": a.Role})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x memberRecord) error {
		c.say("Member %s is %s now.", x.ID, x.Role)
		return nil
	})
}

type accountRemove struct {
	inAccount
	Member string `arg:"" help:"The member's id, as tacet account members shows it."`
}

func (accountRemove) example() string {
	return "  tacet account remove 0123456789abcdef0123456789abcdef\n"
}

// Run removes the member.
func (a accountRemove) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	if _, err := r.change(ctx, http.MethodDelete, r.path("members", a.Member), nil); err != nil {
		return err
	}
	c.say("Member %s is removed, with all access tokens.", printable(a.Member))
	return nil
}

type accountLeave struct{ inAccount }

func (accountLeave) example() string {
	return "  tacet account leave --account 0123456789abcdef0123456789abcdef\n"
}

// Run removes oneself.
func (a accountLeave) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	var me meRecord
	if _, err := r.get(ctx, "/v1/me", &me); err != nil {
		return err
	}
	for _, m := range me.Memberships {
		if m.Account.ID != r.id {
			continue
		}
		if _, err := r.change(ctx, http.MethodDelete, r.path("members", m.Member), nil); err != nil {
			return err
		}
		c.say("You have left account %s.", r.id)
		return nil
	}
	return errors.New("you are no member of this account")
}

type accountInvite struct {
	inAccount
	Email string `arg:"" help:"E-mail address with which the person will sign in."`
	Role  string `enum:"${roles}" default:"developer" help:"The role: ${enum}."`
}

func (accountInvite) example() string {
	return "  tacet account invite grace@example.org --role developer\n\nNo mail is sent: tell the person, who signs in within seven days and accepts.\n"
}

// Run invites the person.
func (a accountInvite) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.do(ctx, apiclient.Request{
		Method: http.MethodPost, Path: r.path("invitations"), Once: apiclient.NewKey(),
		Body: map[string]string{"email": a.Email, "role": a.Role},
	})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x invitationRecord) error {
		fmt.Fprintln(c.out, x.ID)
		c.say("This is the invitation's id, good until %s. No mail is sent. Who signs in with that address accepts with\n\n"+
			"  %s account accept %s --url %s", day(x.Expires), c.program, x.ID, quote(r.client.Base))
		return nil
	})
}

type accountInvitations struct {
	inAccount
	Mine bool `help:"List those for you instead, from any account."`
}

func (accountInvitations) example() string {
	return "  tacet account invitations\n  tacet account invitations --mine\n"
}

// Run lists open invitations.
func (a accountInvitations) Run(ctx context.Context, c *console) error {
	row := func(x invitationRecord) []string {
		return []string{x.ID, x.Role, x.Email, x.Account, day(x.Expires)}
	}
	const heading, none = "ID ROLE E-MAIL ACCOUNT UNTIL", "nobody is invited"
	if !a.Mine {
		r, err := a.enter(ctx)
		if err != nil {
			return err
		}
		return r.explain(ctx, list(c, a.JSON, r.client.List(ctx, r.path("invitations"), nil), 0, heading, none, row))
	}
	o, err := a.find()
	if err != nil {
		return err
	}
	var me meRecord
	if _, err := o.get(ctx, "/v1/me", &me); err != nil {
		return err
	}
	var rows [][]string
	for _, x := range me.Invitations {
		if a.JSON {
			if err := c.line(x); err != nil {
				return err
			}
		}
		rows = append(rows, row(x))
	}
	if a.JSON {
		return nil
	}
	return c.table(heading, rows, "you are not invited")
}

type accountWithdraw struct {
	inAccount
	Invitation string `arg:"" help:"The invitation's id, as tacet account invitations shows it."`
}

func (accountWithdraw) example() string {
	return "  tacet account withdraw 0123456789abcdef0123456789abcdef\n"
}

// Run takes the invitation back.
func (a accountWithdraw) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	if _, err := r.do(ctx, apiclient.Request{Method: http.MethodDelete, Path: r.path("invitations", a.Invitation)}); err != nil {
		return err
	}
	c.say("The invitation is withdrawn.")
	return nil
}

type accountAccept struct {
	managed
	Invitation string `arg:"" help:"The invitation's id; tacet account invitations --mine shows it."`
}

func (accountAccept) example() string {
	return "  tacet account accept 0123456789abcdef0123456789abcdef --url https://HOST\n"
}

// Run accepts the invitation.
func (a accountAccept) Run(ctx context.Context, c *console) error {
	o, err := a.find()
	if err != nil {
		return err
	}
	answer, err := o.do(ctx, apiclient.Request{
		Method: http.MethodPost, Path: "/v1/invitations/" + url.PathEscape(a.Invitation) + "/accept", Once: apiclient.NewKey(),
	})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x membershipRecord) error {
		c.say("You are a member of account %s now, as %s.", x.Account.ID, x.Role)
		return nil
	})
}
