package standalone

import (
	"context"
	"crypto/rand"
	"io"
	"path/filepath"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/rights"
	"tacet/core/telemetry"
	"tacet/infra/config"
	"tacet/infra/httpapi"
	"tacet/infra/httpapi/manage"
	"tacet/infra/jwks"
	"tacet/infra/local/site"
	"tacet/infra/oidc"
	"tacet/infra/vault"
)

// masterFile is the name of the file in the data folder with the key that the
// data keys of accounts are wrapped with.
const masterFile = "master"

// settle is how long what was on its way when an application was deleted may
// take to arrive: the longest is a connection whose token has to wait for a key
// set.
const settle = jwks.Timeout + time.Second

// openAccounts makes what deals with accounts, over the stores.
func (p *Platform) openAccounts(ctx context.Context) error {
	master := vault.Ephemeral()
	if p.folder != "" {
		var err error
		if master, err = vault.KeyFileFor(ctx, p.disk.Vault, filepath.Join(string(p.folder), masterFile)); err != nil {
			return err
		}
	}
	keys := vault.Options{Directory: p.disk.Vault, Master: master, Now: time.Now}
	p.keys = keyring{master, vault.New(keys), vault.NewDeployment(keys)}
	if err := p.keys.tidy(ctx); err != nil {
		return err
	}
	p.apps = &app.Reader{Directory: p.disk.Directory, Vault: p.keys.vault}
	p.accounts = &account.Service{
		Directory: p.disk.Directory, Vault: p.keys.vault, Deployment: p.keys.deployment,
		Anonymiser: privacy.Anonymiser{Secrets: p.disk.Secrets},
		Disconnect: func(ctx context.Context, of app.ID) (int, bool, error) { return p.service.Withdraw(ctx, of) },
		Changed:    p.apps.Changed, Now: time.Now, Random: random,
		Begin: func(context.Context, string) error { p.jobs.poke(); return nil },
	}
	p.rights = &rights.Service{
		Accounts: p.accounts, Ledger: p.disk.Ledger, Lifetime: p.disk.Telemetry, Events: p.disk.Telemetry, Settle: settle,
	}
	p.jobs = newJobs(p.rights.Runner(), p.log)
	return nil
}

func random(b []byte) { rand.Read(b) } // crypto/rand ends the program rather than fail

// provision makes sure that the operator has an account with the development
// application in it, and what there was before there were accounts.
func (p *Platform) provision(ctx context.Context, d site.Development, on plan.Name) error {
	if err := migrate(ctx, p.disk, p.accounts); err != nil {
		return err
	}
	if err := deleteAgain(ctx, p.disk, p.rights); err != nil {
		return err
	}
	_, err := p.accounts.Provision(ctx, account.Provision{
		Owner: site.Operator, App: d.App, Name: "development", Plan: on, Replan: true, Keys: d.Slots(), Blind: d.Blind,
	})
	return err
}

// api returns the HTTP API, for browsers that find it at origin.
func (p *Platform) api(s *config.Standalone, origin string) (manage.API, error) {
	reports := p.reports(s.MinGroup)
	a := manage.API{
		Accounts: p.accounts, Rights: p.rights, Reports: reports, Data: httpapi.API{
			Service: p.service, Reports: reports, Ready: p.ready, Version: config.Version(),
			Operator: httpapi.Operator{Name: s.OperatorName, Contact: s.OperatorContact},
		},
		Live:  manage.Live{Events: p.disk.Telemetry, CountOpen: p.memory.CountOpen, Stopping: p.ending},
		Watch: p.requests(),
		Link:  p.useLink, NewLink: func() (string, time.Time) { return p.newLink(origin) },
		Rotate: p.keys.rotate,
		Origin: origin, Loopback: s.Local() && !s.Secure(), Log: p.log, TrustedProxies: s.TrustedProxies,
	}
	if p.folder != "" {
		a.Backup = func(ctx context.Context, w io.Writer, withVault bool) error {
			_, err := p.disk.Backup(ctx, w, backedUp(withVault))
			return err
		}
	}
	if s.OIDC.Issuer == "" {
		return a, nil
	}
	issuer, err := oidc.New(oidc.Options{
		Issuer: s.OIDC.Issuer, ClientID: s.ClientID, ClientSecret: grant.NewSecret(s.ClientSecret), Now: time.Now,
	})
	a.Issuer = issuer
	return a, err
}

func (p *Platform) reports(minGroup int) telemetry.Reports {
	return telemetry.Reports{Figures: p.disk.Telemetry, MinGroup: minGroup, App: func(ctx context.Context, of app.ID) (*app.App, error) {
		return app.Fresh(ctx, p.disk.Directory, of)
	}}
}

// newLink returns a one-time link to a place.
func (p *Platform) newLink(origin string) (link string, expires time.Time) {
	secret, expires := p.links.Make(time.Now())
	return origin + site.ConsolePath + "#" + site.SignInFragment + secret, expires
}

// useLink returns who has the secret of a one-time link.
func (p *Platform) useLink(_ context.Context, secret string) (account.Identity, error) {
	if !p.links.Use(secret, time.Now()) {
		return account.Identity{}, &fault.Error{Kind: fault.Unauthenticated, Text: "this link was used already, or is older than 15 minutes: tacet account link prints another"}
	}
	return site.Operator, nil
}

// renewal is how often the session of the operator is renewed, which lasts
// twelve hours.
const renewal = 6 * time.Hour
