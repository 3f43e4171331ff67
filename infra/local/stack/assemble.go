package stack

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"tacet/core/wire"
	"tacet/infra/local/apihost"
	"tacet/infra/local/gateway"
	"tacet/infra/local/guard"
	"tacet/infra/local/httpgateway"
	"tacet/infra/local/iam"
	"tacet/infra/local/runtime"
	"tacet/infra/local/site"
	"tacet/infra/local/template"
)

var errDynamoDBEnded = errors.New("DynamoDB Local has ended by itself")

// assemble joins functions, gateways and guard. The guard's address is a part
// of the functions' environment, so it listens before they are known.
func (s *Stack) assemble(d site.Development) error {
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("cannot listen for the functions: %w", err)
	}
	s.inside = "http://" + inside.Addr().String()
	err = s.addFunctions(s.inside)
	var socket gateway.Options
	if err == nil {
		socket, err = s.webSocket()
	}
	if err == nil {
		s.gateway, err = gateway.New(socket)
	}
	var api http.Handler
	if err == nil {
		api, err = s.httpAPI()
	}
	if err == nil {
		s.guard, err = s.newGuard(d)
	}
	if err != nil {
		return errors.Join(err, inside.Close())
	}
	s.inner = &http.Server{Handler: s.guard, ReadHeaderTimeout: time.Minute}
	s.serve(s.inner, inside)
	s.outer = site.Server(site.Door(s.stage().Name, http.HandlerFunc(s.gateway.ServeWebSocket), api), s.log)
	return nil
}

// addFunctions makes the functions known to the host that runs them.
func (s *Stack) addFunctions(guard string) error {
	var err error
	s.host, err = runtime.New(runtime.Options{
		Region: s.template.Region, AccountID: s.template.AccountID, Hostile: s.opts.Lambda, Log: s.quiet(), Output: output{s.log},
	})
	if err != nil {
		return err
	}
	for _, f := range s.template.Functions {
		spec := apihost.Spec(f, s.programs[f.ID], s.environment(f, guard, s.stage().Name))
		if s.functions[f.ID], err = s.host.Add(spec); err != nil {
			return err
		}
	}
	return nil
}

// quiet is the log of what has a line for each invocation.
func (s *Stack) quiet() *slog.Logger { return slog.New(site.Quiet{Handler: s.log.Handler()}) }

// newGuard returns what stands between the functions and what they call.
func (s *Stack) newGuard(d site.Development) (*guard.Guard, error) {
	database, err := url.Parse(s.endpoint)
	if err != nil {
		return nil, fmt.Errorf("--dynamodb: %w", err)
	}
	roles := map[string]iam.Role{}
	for _, f := range s.template.Functions {
		roles[f.ID] = iam.Role{Name: f.ID, Statements: f.Role.Statements}
	}
	return guard.New(guard.Options{
		Region: s.template.Region, AccountID: s.template.AccountID, Roles: roles, Secret: s.secret, Tables: guarded(s.template.Tables), StreamLabel: template.StreamLabel,
		DynamoDB: guard.Forward(database, s.owner), Lambda: s.host, Connections: s.gateway, KMS: KMS(d), API: s.template.WebSocketAPIs[0].ID,
		Trouble: s.opts.Trouble, Log: s.log,
	}), nil
}

// webSocket is the WebSocket API as its template describes it.
func (s *Stack) webSocket() (gateway.Options, error) {
	o, err := apihost.Stage(s.template, s.template.WebSocketAPIs[0], s.stage(), nil, s.handler)
	settings := &s.opts.Settings
	o.IdleTimeout, o.MaxLifetime, o.IntegrationTimeout = settings.IdleTimeout, settings.MaxLifetime, settings.IntegrationTimeout
	// A stop of this machine is not one of AWS: clients shall come back.
	o.ShutdownClose = gateway.CloseCode{Code: int(wire.CloseRestart), Reason: site.RestartReason}
	o.SourceIP, o.Hostile, o.Log = site.SourceIP(settings.TrustedProxies), s.opts.Gateway, s.quiet()
	return o, err
}

// handler returns a function as the gateway wants it.
func (s *Stack) handler(id string) (gateway.Handler, error) {
	f := s.functions[id]
	if f == nil {
		return nil, fmt.Errorf("there is no function %s in the template", id)
	}
	return apihost.Handler{Function: f}, nil
}

// httpAPI is the HTTP API as its template describes it; without one nothing is
// there.
func (s *Stack) httpAPI() (http.Handler, error) {
	if len(s.template.HTTPAPIs) == 0 {
		return http.NotFoundHandler(), nil
	}
	api := s.template.HTTPAPIs[0]
	if err := api.Problems.Err(); err != nil {
		return nil, fmt.Errorf("HTTP API %s: %w", api.ID, err)
	}
	routes := map[string]httpgateway.Handler{}
	for _, r := range api.Routes {
		if f := s.functions[r.Function]; f != nil {
			routes[r.Key] = f
		}
	}
	return httpgateway.New(httpgateway.Options{
		Stage: api.Stage, APIID: api.ID, AccountID: s.template.AccountID, Routes: routes,
		SourceIP: site.SourceIP(s.opts.Settings.TrustedProxies), Log: s.quiet(),
	})
}
