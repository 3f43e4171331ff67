package command

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tacet/infra/apiclient"
)

// accountTokens is the commands for access tokens.
type accountTokens struct {
	List   tokenList   `cmd:"" help:"List access tokens: yours, and everybody's if you may see them."`
	Create tokenCreate `cmd:"" help:"Make an access token, and print it for the only time."`
	Revoke tokenRevoke `cmd:"" help:"End an access token at once."`
}

type tokenList struct{ inAccount }

func (tokenList) example() string { return "  tacet account token list\n" }

// Run lists them.
func (t tokenList) Run(ctx context.Context, c *console) error {
	r, err := t.enter(ctx)
	if err != nil {
		return err
	}
	items := r.client.List(ctx, r.path("tokens"), nil)
	return r.explain(ctx, list(c, t.JSON, items, 0, "ID NAME MEMBER SCOPE APPLICATIONS EXPIRES", "there is no access token", func(x tokenRecord) []string {
		scope, apps := strings.Join(x.Scope, ","), strings.Join(x.Apps, ",")
		if scope == "" {
			scope = "all"
		}
		if apps == "" {
			apps = "all"
		}
		return []string{x.ID, x.Name, x.Member, scope, apps, day(x.Expires)}
	}))
}

type tokenCreate struct {
	inAccount
	Name    string        `arg:"" help:"What to call it, as 'deploy from CI'."`
	Scope   []string      `placeholder:"ACTION" help:"What it may do; repeat for more. tacet account roles lists the actions. Default: all that you may do."`
	App     []string      `placeholder:"ID" help:"The application that it may touch; repeat for more. Default: all."`
	Expires time.Duration `default:"2160h" help:"How long it is good: a year at most. Default: 90 days."`
}

func (tokenCreate) example() string {
	return `  tacet account token create 'deploy from CI' --scope apps:read --scope keys:manage --expires 720h
  export TACET_URL=https://HOST TACET_TOKEN=$(tacet account token create laptop)
`
}

// Run makes the token.
func (t tokenCreate) Run(ctx context.Context, c *console) error {
	if t.Expires <= 0 {
		return misused("--expires must be longer than zero, as in 720h")
	}
	r, err := t.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.do(ctx, apiclient.Request{
		Method: http.MethodPost, Path: r.path("tokens"), Once: apiclient.NewKey(),
		Body: struct {
			Name    string    `json:"name"`
			Scope   []string  `json:"scope,omitempty"`
			Apps    []string  `json:"apps,omitempty"`
			Expires time.Time `json:"expires"`
		}{t.Name, t.Scope, t.App, time.Now().Add(t.Expires).UTC().Truncate(time.Second)},
	})
	if err != nil {
		return err
	}
	return show(c, t.JSON, answer, func(x tokenRecord) error {
		if x.Secret == "" {
			return fmt.Errorf("the answer was lost on its way, and a token is shown once: revoke %s, and make another", x.ID)
		}
		fmt.Fprintln(c.out, x.Secret)
		c.say("Keep this token now: it is not shown again. It is good until %s; its id is %s.", day(x.Expires), x.ID)
		return nil
	})
}

type tokenRevoke struct {
	inAccount
	ID string `arg:"" name:"token" help:"The token's id, as tacet account token list shows it; not the token itself."`
}

func (tokenRevoke) example() string {
	return "  tacet account token revoke 0123456789abcdef0123456789abcdef\n"
}

// Run ends the token.
func (t tokenRevoke) Run(ctx context.Context, c *console) error {
	if strings.HasPrefix(t.ID, "tacet_") {
		return misused("say the token's id, as tacet account token list shows it: the token itself is now in the history of your shell")
	}
	r, err := t.enter(ctx)
	if err != nil {
		return err
	}
	if _, err := r.do(ctx, apiclient.Request{Method: http.MethodDelete, Path: r.path("tokens", t.ID)}); err != nil {
		return err
	}
	c.say("The access token is revoked.")
	return nil
}
