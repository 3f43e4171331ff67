package platform

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/job"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/rights"
	"tacet/infra/dynamo"
	"tacet/infra/entry"
	"tacet/infra/metrics"
	"tacet/infra/vault"
)

// Accounts returns the service that accounts are managed by, and that of what
// they have a right to. See package manage.
func (p *Parts) Accounts() (*account.Service, *rights.Service) {
	safe, ends := p.safe(), p.coming()
	accounts := &account.Service{
		Directory: p.directory(), Vault: vault.New(safe), Deployment: vault.NewDeployment(safe),
		Anonymiser: privacy.Anonymiser{Secrets: p.secrets()}, Begin: p.begin, Now: p.Now,
		Disconnect: func(ctx context.Context, of app.ID) (int, bool, error) { return p.disconnect(ctx, *ends, of) },
		Random:     func(b []byte) { rand.Read(b) }, // it ends the program rather than fail
	}
	events := p.telemetry()
	return accounts, &rights.Service{
		Accounts: accounts, Ledger: dynamo.NewLedger(p.db(), p.settings.LedgerTable, p.Now), Lifetime: events, Events: events,
		Settle: time.Duration(p.settings.SettleSeconds) * time.Second,
	}
}

// disconnect ends connections of an application from which a right was taken.
// What it was before may be remembered elsewhere, and is read anew here. Those
// that ended without a word are reclaimed as well: a deletion must leave nothing.
func (p *Parts) disconnect(ctx context.Context, s pubsub.Service, of app.ID) (ended int, more bool, err error) {
	s.Apps = &app.Reader{Directory: p.directory()}
	if ended, more, err = s.Withdraw(ctx, of); more || err != nil {
		return ended, more, err
	}
	return ended, false, p.realtime().Reclaim(ctx, of)
}

// begin has a job done. Where nobody says which function does that, it is found
// within the minute.
func (p *Parts) begin(ctx context.Context, id string) error {
	if p.settings.EraseFunction == "" {
		return nil
	}
	errand, err := json.Marshal(entry.Errand{Job: job.ID(id)})
	if err != nil {
		return err
	}
	return p.functions().Start(ctx, p.settings.EraseFunction, errand)
}

// Operator is who runs the deployment, and how he is reached.
func (p *Parts) Operator() (name, contact string) {
	return p.settings.OperatorName, p.settings.OperatorContact
}

// Erase does jobs.
func Erase(p *Parts) Handler {
	_, all := p.Accounts()
	figures := &metrics.EMF{Function: "erase", Now: p.Now, W: p.out}
	return entry.Erase{Jobs: all.Runner(), Again: all.Again, Ages: p.ages(), Measured: figures.Ages, Log: p.Log}
}

// ages is where it is looked whether what was to end has.
func (p *Parts) ages() *dynamo.Ages {
	return &dynamo.Ages{
		Telemetry: p.telemetry(), Ledger: dynamo.NewLedger(p.db(), p.settings.LedgerTable, p.Now), Directory: p.directory(), App: p.apps().App,
	}
}

// SignIn is how people sign in. Issuer is "" if they cannot.
type SignIn struct{ Issuer, ClientID, ClientSecret, Operator string }

// SignIn returns what the settings say of that.
func (p *Parts) SignIn() SignIn {
	s := p.settings
	return SignIn{s.Issuer, s.ClientID, s.ClientSecret, s.Operator}
}
