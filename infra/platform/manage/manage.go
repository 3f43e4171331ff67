// Package manage puts the function manage together: what people and their
// programs manage accounts with. It promises what package platform promises, and
// is apart from it for the same reason as package api.
package manage

import (
	"tacet/infra/entry"
	"tacet/infra/httpapi/manage"
	"tacet/infra/platform"
)

// New returns the function.
func New(p *platform.Parts) platform.Handler {
	accounts, _ := p.Accounts()
	return entry.API{Handler: manage.API{Accounts: accounts, Log: p.Log}.Handler(), Log: p.Log}
}
