package command

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tacet/infra/apiclient"
)

// accounts is the commands for accounts.
type accounts struct {
	List           accountList           `cmd:"" help:"List the accounts that you are a member of."`
	Create         accountCreate         `cmd:"" help:"Create an account; you are its owner."`
	Show           accountShow           `cmd:"" help:"Show an account's profile."`
	Update         accountUpdate         `cmd:"" help:"Change an account's profile."`
	Members        accountMembers        `cmd:"" help:"List members."`
	Roles          accountRoles          `cmd:"" help:"Say what each role may do."`
	Role           accountRole           `cmd:"" help:"Give a member another role."`
	Remove         accountRemove         `cmd:"" help:"Remove a member, with all his access tokens."`
	Leave          accountLeave          `cmd:"" help:"Leave an account."`
	Invite         accountInvite         `cmd:"" help:"Invite somebody by e-mail address."`
	Invitations    accountInvitations    `cmd:"" help:"List those whom an account has invited."`
	Withdraw       accountWithdraw       `cmd:"" help:"Take an invitation back."`
	Accept         accountAccept         `cmd:"" help:"Accept an invitation."`
	Payment        accountPayment        `cmd:"" help:"Payment details."`
	Token          accountTokens         `cmd:"" help:"Access tokens, by which programs deal with accounts."`
	Activity       accountActivity       `cmd:"" help:"Show who has changed what, the latest first."`
	Export         accountExport         `cmd:"" help:"Download everything that is held about an account, or about you."`
	Delete         accountDelete         `cmd:"" help:"Delete an account for good, with all its applications."`
	FollowDeletion accountFollowDeletion `cmd:"" help:"Wait for the certificate of a deletion that has begun."`
	VerifyDeletion accountVerifyDeletion `cmd:"" help:"Check a certificate of a deletion, without asking anybody."`
	SignIn         accountSignIn         `cmd:"" help:"Sign in, in the browser or with a one-time link."`
	SignOut        accountSignOut        `cmd:"" help:"End the session that sign-in has left."`
	Link           accountLink           `cmd:"" help:"Print a one-time link that signs in whoever runs the platform of this machine."`
}

func (accounts) example() string {
	return `  tacet account create --name 'Ada Lovelace'
  tacet account invite grace@example.org --role developer
  tacet account export everything.zip
  tacet account delete

They deal with the platform that runs on this machine, as the one who runs it.
For another one: tacet account sign-in --url https://HOST, and --url with each,
or TACET_URL.
`
}

// inAccount is the flags of what is done in one account.
type inAccount struct {
	managed
	Account string `placeholder:"ID" help:"The account. Default: the only one that you are a member of."`
}

// room is an account at an office.
type room struct {
	*office
	id string
}

// enter finds the account.
func (a inAccount) enter(ctx context.Context) (*room, error) {
	o, err := a.find()
	if err != nil {
		return nil, err
	}
	if a.Account != "" {
		return &room{o, a.Account}, nil
	}
	all, err := apiclient.Collect[membershipRecord](o.client.List(ctx, "/v1/accounts", nil), 0)
	if err != nil {
		return nil, o.explain(ctx, err)
	}
	switch len(all) {
	case 0:
		return nil, fmt.Errorf("you are a member of no account: make one with tacet account create%s", o.again)
	case 1:
		return &room{o, all[0].Account.ID}, nil
	}
	var ids strings.Builder
	for _, one := range all {
		fmt.Fprintf(&ids, "\n  %s  %s", one.Account.ID, cmp.Or(printable(one.Account.Profile.FullName), "-"))
	}
	return nil, misused("you are a member of several accounts: choose one with --account, or set TACET_ACCOUNT:%s", ids.String())
}

// path returns the address of something in the account.
func (r *room) path(parts ...string) string {
	p := "/v1/accounts/" + url.PathEscape(r.id)
	for _, part := range parts {
		p += "/" + url.PathEscape(part)
	}
	return p
}

// change changes something that is there, if nobody else does so meanwhile: it
// has the version that it was read with.
func (r *room) change(ctx context.Context, method, path string, body any) (*apiclient.Answer, error) {
	version, err := r.get(ctx, path, new(json.RawMessage))
	if err != nil {
		return nil, err
	}
	if version == "" { // there is nothing yet
		version = "*"
	}
	return r.do(ctx, apiclient.Request{Method: method, Path: path, Body: body, Match: version})
}

// accountList lists accounts.
type accountList struct{ managed }

func (accountList) example() string { return "  tacet account list\n" }

// Run lists them.
func (a accountList) Run(ctx context.Context, c *console) error {
	o, err := a.find()
	if err != nil {
		return err
	}
	items := o.client.List(ctx, "/v1/accounts", nil)
	return o.explain(ctx, list(c, a.JSON, items, 0, "ID NAME ROLE STATE CREATED", "you are a member of no account", func(x membershipRecord) []string {
		return []string{x.Account.ID, x.Account.Profile.FullName, x.Role, x.Account.State, day(x.Account.Created)}
	}))
}

// profile is the flags for what an account holds about somebody. What is not
// said is left as it is; "" removes it.
type profile struct {
	Name     *string `placeholder:"TEXT" help:"Full name of the person or team."`
	AgeRange *string `placeholder:"RANGE" help:"under-18, 18-24, 25-34, 35-49, 50-64 or 65-and-over."`
	Email    *string `placeholder:"ADDRESS" help:"E-mail address of the account."`
}

// said returns what is to be set; nil removes.
func (p profile) said() map[string]any {
	said := map[string]any{}
	for name, value := range map[string]*string{"fullName": p.Name, "ageRange": p.AgeRange, "email": p.Email} {
		switch {
		case value == nil:
		case *value == "":
			said[name] = nil
		default:
			said[name] = *value
		}
	}
	return said
}

type accountCreate struct {
	managed
	profile
}

func (accountCreate) example() string {
	return "  tacet account create --name 'Ada Lovelace' --email ada@example.org\n"
}

// Run creates the account.
func (a accountCreate) Run(ctx context.Context, c *console) error {
	o, err := a.find()
	if err != nil {
		return err
	}
	answer, err := o.do(ctx, apiclient.Request{Method: http.MethodPost, Path: "/v1/accounts", Body: map[string]any{"profile": a.said()}, Once: apiclient.NewKey()})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x accountRecord) error {
		fmt.Fprintln(c.out, x.ID)
		c.say("This is the account's id. Next: %s app create NAME --account %s%s", c.program, x.ID, o.again)
		return nil
	})
}

type accountShow struct{ inAccount }

func (accountShow) example() string { return "  tacet account show\n" }

// Run shows the account.
func (a accountShow) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.do(ctx, apiclient.Request{Method: http.MethodGet, Path: r.path()})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x accountRecord) error { c.account(x); return nil })
}

func (c *console) account(x accountRecord) {
	c.facts("Account", x.ID, "State", x.State, "Name", x.Profile.FullName, "Age range", string(x.Profile.AgeRange),
		"E-mail", x.Profile.Email, "Created", day(x.Created))
}

type accountUpdate struct {
	inAccount
	profile
}

func (accountUpdate) example() string {
	return "  tacet account update --name 'Analytical Engines Ltd'\n  tacet account update --email ''   # removes it\n"
}

// Run changes the profile.
func (a accountUpdate) Run(ctx context.Context, c *console) error {
	if len(a.said()) == 0 {
		return misused("say what to change: --name, --age-range, --email")
	}
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.change(ctx, http.MethodPatch, r.path(), map[string]any{"profile": a.said()})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x accountRecord) error { c.account(x); return nil })
}

// accountActivity shows the activity log.
type accountActivity struct {
	inAccount
	Limit int `default:"50" placeholder:"N" help:"How many at most; 0 is all."`
}

func (accountActivity) example() string { return "  tacet account activity --limit 10\n" }

// Run shows it.
func (a accountActivity) Run(ctx context.Context, c *console) error {
	if a.Limit < 0 {
		return misused("--limit cannot be negative")
	}
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	items := r.client.List(ctx, r.path("activity"), nil)
	return r.explain(ctx, list(c, a.JSON, items, a.Limit, "WHEN WHAT OBJECT MEMBER TOKEN FROM", "nothing was changed yet", func(x entryRecord) []string {
		return []string{day(x.At), x.What, x.Object, x.Member, x.Token, x.Address}
	}))
}

// accountRoles prints the table of permissions.
type accountRoles struct{ managed }

func (accountRoles) example() string { return "  tacet account roles\n" }

// Run prints it.
func (a accountRoles) Run(ctx context.Context, c *console) error {
	o, err := a.find()
	if err != nil {
		return err
	}
	items := o.client.List(ctx, "/v1/permissions", nil)
	names := strings.Split(roles(), ",")
	heading := "ACTION " + strings.ToUpper(strings.Join(names, " ")) + " WHAT"
	return o.explain(ctx, list(c, a.JSON, items, 0, heading, "", func(x permissionRecord) []string {
		row := []string{x.Action}
		for _, name := range names {
			row = append(row, map[bool]string{true: "yes", false: ""}[slices.Contains(x.Roles, name)])
		}
		return append(row, x.What)
	}))
}
