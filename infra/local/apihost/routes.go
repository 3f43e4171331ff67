package apihost

import (
	"fmt"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
	"tacet/infra/local/template"
)

// An account's limit on requests, which a stage has where it says nothing:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const (
	accountRate  = 10_000
	accountBurst = 5_000
)

// gatewayOptions returns the API as the gateway wants it. Functions are found
// by find.
func (h *Host) gatewayOptions(find func(id string) (gateway.Handler, error)) (gateway.Options, error) {
	o, err := Stage(h.opts.Template, h.api, h.stage, h.opts.APIKeys, find)
	o.DomainName, o.Log = h.domain(), h.opts.Log
	o.IdleTimeout, o.MaxLifetime, o.IntegrationTimeout = h.opts.IdleTimeout, h.opts.MaxLifetime, h.opts.IntegrationTimeout
	o.Callers = &gateway.Credentials{ID: Caller, Secret: Caller}
	return o, err
}

// Stage returns a stage of an API as the gateway wants it, as far as the
// template says it. One of keys must be sent where an API key is asked for.
// Functions are found by find.
func Stage(t *template.Template, api *template.WebSocketAPI, stage *template.Stage, keys []string, find func(id string) (gateway.Handler, error)) (gateway.Options, error) {
	o := gateway.Options{
		Stage: stage.Name, StageVariables: stage.Variables, Selection: api.Selection, Routes: map[string]gateway.Route{},
		APIID: api.ID, Region: t.Region, AccountID: t.AccountID,
		ConnectRate: gateway.Throttle{Rate: 500}, RequestRate: gateway.Throttle{Rate: accountRate, Burst: accountBurst},
	}
	for _, r := range api.Routes {
		route := gateway.Route{
			Function: r.Function, Timeout: r.Timeout, Throttle: throttle(stage, r.Key),
			ResponseSelection: r.ResponseSelection, Response: r.Response,
		}
		if r.Function != "" {
			handler, err := find(r.Function)
			if err != nil {
				return o, fmt.Errorf("line %d: the route %s: %w", r.Line, r.Key, err)
			}
			route.Handler = handler
		}
		if r.Key == apigw.RouteConnect {
			if err := admission(r, keys, &route, &o, find); err != nil {
				return o, err
			}
		}
		o.Routes[r.Key] = route
	}
	return o, nil
}

// admission reads what decides who may connect.
func admission(r *template.Route, keys []string, route *gateway.Route, o *gateway.Options, find func(string) (gateway.Handler, error)) error {
	route.Required, route.IAM = r.Required, r.IAM
	if r.APIKeyRequired {
		if len(keys) == 0 {
			return misused("line %d: $connect asks for an API key: say --api-key KEY", r.Line)
		}
		route.APIKeys = keys
	}
	if r.Authorizer == nil {
		return nil
	}
	handler, err := find(r.Authorizer.Function)
	if err != nil {
		return fmt.Errorf("line %d: the authorizer: %w", r.Authorizer.Line, err)
	}
	o.Authorizer = &gateway.Authorizer{Handler: handler, Function: r.Authorizer.Function, IdentitySources: r.Authorizer.IdentitySources}
	return nil
}

// throttle returns a route's limit. Each route has its own; what its stage does
// not say is the account's.
func throttle(s *template.Stage, key string) *gateway.Throttle {
	t := s.Throttles[key]
	if t == nil {
		t = s.Throttle
	}
	if t == nil {
		return nil
	}
	limit := gateway.Throttle{Rate: accountRate, Burst: accountBurst}
	if t.Rate != nil {
		limit.Rate = *t.Rate
	}
	if t.Burst != nil {
		limit.Burst = *t.Burst
		if limit.Burst == 0 {
			limit.Rate = 0 // a bucket that holds nothing gives nothing
		}
	}
	return &limit
}
