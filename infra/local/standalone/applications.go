package standalone

import (
	"context"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
)

// Put keeps an application with these keys in the operator's account, beside
// the development one, or in the place of an older one of its id, and returns
// when it will survive the end of the process. A fault of kind Invalid says what
// is wrong with it. It is for what embeds a platform; people use the API.
func (p *Platform) Put(ctx context.Context, a *app.App, keys grant.Slots) error {
	owner, err := p.accounts.Provision(ctx, account.Provision{
		Owner: operator, App: a.ID, Name: "embedded", Plan: a.Plan, Replan: true, Keys: keys, Settings: a.Settings, Blind: a.Blind,
	})
	if err != nil {
		return err
	}
	// What Provision leaves as it is, because somebody may have changed it.
	copied := *a
	copied.Account = string(owner)
	application, err := copied.Put(directory.IfPresent)
	if err != nil {
		return err
	}
	sealer, err := p.accounts.Vault.Sealer(ctx, string(owner))
	if err != nil {
		return err
	}
	slots, err := app.PutSlots(a.ID, keys, sealer, directory.IfPresent)
	if err != nil {
		return err
	}
	_, err = p.accounts.Directory.Apply(ctx, application, slots)
	p.accounts.Changed(a.ID)
	return err
}
