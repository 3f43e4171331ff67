package stack

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/infra/config"
	"tacet/infra/local/site"
	"tacet/infra/local/template"
	"tacet/infra/platform"
)

// manageFunction is the logical id of the function that accounts are managed by.
const manageFunction = "ManageFunction"

// provision makes the operator's account, as far as it is not there, and the
// development application in it. That is done here in that function's name, with
// its settings and its role.
func (s *Stack) provision(ctx context.Context, d site.Development) error {
	i := slices.IndexFunc(s.template.Functions, func(f *template.Function) bool { return f.ID == manageFunction })
	if i < 0 {
		return fmt.Errorf("the template has no function %s to make an application with", manageFunction)
	}
	env := s.environment(s.template.Functions[i], s.inside, s.stage().Name)
	env["AWS_REGION"] = s.template.Region
	settings, err := config.ReadFunction("manage", func(name string) string { return env[name] })
	if err != nil {
		return err
	}
	s.accounts, _ = platform.New(settings, io.Discard).Accounts()
	_, err = s.accounts.Provision(ctx, account.Provision{
		Owner: site.Operator, App: d.App, Name: "development", Plan: plan.Name(s.opts.Settings.Plan), Replan: true, Keys: d.Slots(), Blind: d.Blind,
	})
	if err != nil {
		return fmt.Errorf("make the development application: %w", err)
	}
	return nil
}

// Put keeps an application with these keys in the operator's account, beside the
// development one, or in the place of an older one of its id. Functions see it
// within a few seconds. A fault of kind Invalid says what is wrong with it. It
// is for tests; people use the API.
func (s *Stack) Put(ctx context.Context, a *app.App, keys grant.Slots) error {
	return s.accounts.Place(ctx, site.Operator, "application", a, keys)
}

// renewal is how often the session in the note is renewed: what cannot be undone
// asks for one that is younger than 15 minutes, and there are no one-time links
// here that would give another.
const renewal = 10 * time.Minute
