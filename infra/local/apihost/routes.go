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
	o := gateway.Options{
		Stage: h.stage.Name, StageVariables: h.stage.Variables, Selection: h.api.Selection, Routes: map[string]gateway.Route{},
		APIID: h.api.ID, Region: h.opts.Template.Region, AccountID: h.opts.Template.AccountID, DomainName: h.domain(),
		IdleTimeout: h.opts.IdleTimeout, MaxLifetime: h.opts.MaxLifetime, IntegrationTimeout: h.opts.IntegrationTimeout,
		ConnectRate: gateway.Throttle{Rate: 500}, RequestRate: gateway.Throttle{Rate: accountRate, Burst: accountBurst},
		Callers: &gateway.Credentials{AccessKeyID: Caller, SecretAccessKey: Caller},
		Log:     h.opts.Log,
	}
	for _, r := range h.api.Routes {
		route := gateway.Route{
			Function: r.Function, Timeout: r.Timeout, Throttle: throttle(h.stage, r.Key),
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
			if err := h.admission(r, &route, &o, find); err != nil {
				return o, err
			}
		}
		o.Routes[r.Key] = route
	}
	return o, nil
}

// admission reads what decides who may connect.
func (h *Host) admission(r *template.Route, route *gateway.Route, o *gateway.Options, find func(string) (gateway.Handler, error)) error {
	route.Required, route.IAM = r.Required, r.IAM
	if r.APIKeyRequired {
		if len(h.opts.APIKeys) == 0 {
			return misused("line %d: $connect asks for an API key: say --api-key KEY", r.Line)
		}
		route.APIKeys = h.opts.APIKeys
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
