// Package manage puts the function manage together: what people and their
// programs manage accounts with. It promises what package platform promises, and
// is apart from it for the same reason as package api.
package manage

import (
	"context"

	"tacet/core/account"
	"tacet/core/grant"
	"tacet/infra/entry"
	"tacet/infra/httpapi/manage"
	"tacet/infra/oidc"
	"tacet/infra/platform"
)

// volume is about how long a volume of a download is, in bytes: API Gateway and
// Lambda pass on six megabytes, of which base64 takes a quarter.
const volume = 3 << 20

// New returns the function.
func New(p *platform.Parts) platform.Handler {
	accounts, all := p.Accounts()
	events, count := p.Looking()
	live := manage.Live{Events: events, CountOpen: count, Once: true} // what a function answers is held back until it ends
	api := manage.API{Accounts: accounts, Rights: all, Reports: p.Reports(), Live: live, Issuer: issuer(p), VolumeBytes: volume, Log: p.Log}
	return entry.API{Handler: api.Handler(), Log: p.Log}
}

// issuer returns who signs people in. One that is described wrongly signs in
// nobody: what programs do with access tokens goes on.
func issuer(p *platform.Parts) manage.Issuer {
	s := p.SignIn()
	if s.Issuer == "" {
		return nil
	}
	by, err := oidc.New(oidc.Options{Issuer: s.Issuer, ClientID: s.ClientID, ClientSecret: grant.NewSecret(s.ClientSecret), Now: p.Now})
	if err != nil {
		p.Log.Error("nobody can sign in", "error", err)
		return nil
	}
	return operated{by, s.Operator}
}

// operated is an issuer, of which one subject runs the deployment.
type operated struct {
	manage.Issuer
	operator string
}

// Identity implements manage.Issuer.
func (o operated) Identity(ctx context.Context, redirect, code, nonce, verifier string) (account.Identity, error) {
	who, err := o.Issuer.Identity(ctx, redirect, code, nonce, verifier)
	who.Operator = err == nil && o.operator != "" && who.Subject == o.operator
	return who, err
}
