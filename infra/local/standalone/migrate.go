package standalone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/infra/embedded"
	"tacet/infra/local/site"
)

// former is an application as it was kept before there were accounts.
type former struct {
	ID       app.ID           `json:"id"`
	Name     string           `json:"name"`
	Plan     plan.Name        `json:"plan"`
	Keys     grant.Slots      `json:"keys"`
	Settings app.Settings     `json:"settings"`
	Blind    privacy.BlindKey `json:"blind"`
}

// migrate brings applications of before into the operator's account. Each is
// there before it is forgotten where it was: whoever is interrupted does it
// again, and finds what he has made.
func migrate(ctx context.Context, disk *embedded.Disk, accounts *account.Service) error {
	err := disk.Former(ctx, func(data []byte) error { return take(ctx, accounts, data) })
	if err != nil {
		return fmt.Errorf("an application of before there were accounts cannot be taken over: %w", err)
	}
	return nil
}

// unnamed is what an application is called whose former name cannot be one.
const unnamed = "from before"

// take makes an application out of its former record.
func take(ctx context.Context, accounts *account.Service, data []byte) error {
	var x former
	if json.Unmarshal(data, &x) != nil { // its error may quote a key
		return errors.New("its record is damaged")
	}
	wanted := account.Provision{Owner: site.Operator, App: x.ID, Name: x.Name, Plan: x.Plan, Keys: x.Keys, Settings: x.Settings, Blind: x.Blind}
	_, err := accounts.Provision(ctx, wanted)
	if err != nil && fault.KindOf(err) == fault.Invalid {
		wanted.Name = unnamed // names could be anything
		_, err = accounts.Provision(ctx, wanted)
	}
	return err
}
