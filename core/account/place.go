package account

import (
	"context"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
)

// Place keeps an application with these keys in the account of its owner, who
// gets one if he owns none: beside those that are there, or in the place of an
// older one of its id, whatever somebody has changed of that. The name is for a
// new one. A fault of kind Invalid says what is wrong. It is for what embeds a
// platform; people use the API.
func (s *Service) Place(ctx context.Context, owner Identity, name string, x *app.App, keys grant.Slots) error {
	of, err := s.Provision(ctx, Provision{
		Owner: owner, App: x.ID, Name: name, Plan: x.Plan, Replan: true, Keys: keys, Settings: x.Settings, Blind: x.Blind,
	})
	if err != nil {
		return err
	}
	placed := *x
	placed.Account = string(of)
	there, err := s.get(ctx, x.ID.Key())
	if err != nil {
		return err
	}
	was, err := app.Read(there)
	if err != nil {
		return unavailable(err)
	}
	was.Replan(x.Plan, s.Now())
	placed.Former = was.Former
	application, err := placed.Put(directory.IfPresent)
	if err != nil {
		return err
	}
	sealer, err := s.Vault.Sealer(ctx, string(of))
	if err != nil {
		return err
	}
	slots, err := app.PutSlots(x.ID, keys, sealer, directory.IfPresent)
	if err != nil {
		return err
	}
	_, err = s.Directory.Apply(ctx, application, slots)
	s.changed(x.ID) // also when it failed: it may have happened
	return err
}
