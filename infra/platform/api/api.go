// Package api puts the function api together: what applications' own servers
// call. It promises what package platform promises, and is apart from it so that
// what it takes to describe an HTTP API is not linked into every function, where
// it would be set up at each start.
package api

import (
	"tacet/infra/config"
	"tacet/infra/entry"
	"tacet/infra/httpapi"
	"tacet/infra/platform"
)

// New returns the function.
func New(p *platform.Parts) platform.Handler {
	service, reports := p.Server()
	name, contact := p.Operator()
	api := httpapi.API{Service: service, Reports: reports, Ready: p.Ready(), Version: config.Version(), Operator: httpapi.Operator{Name: name, Contact: contact}, Log: p.Log}
	return entry.API{Handler: api.Handler(), Log: p.Log}
}
