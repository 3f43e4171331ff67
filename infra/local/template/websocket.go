package template

import (
	"strings"
	"time"
)

// WebSocketAPI is a WebSocket API of API Gateway.
type WebSocketAPI struct {
	ID   string // the logical id, which is its id in ARNs and addresses as well
	Line int
	// Problems are why it cannot be served as it stands.
	Problems Findings
	// Warnings are what works here and not on AWS.
	Warnings Findings

	Name            string
	Selection       string // the route selection expression
	APIKeySelection string
	Routes          []*Route
	Stages          []*Stage
}

// Route is what happens to messages with a route key.
type Route struct {
	Key  string
	Line int
	// Function is the logical id of the one that is invoked, or the name of one
	// that is not in the template; "" if the route has no integration.
	Function string
	Timeout  time.Duration // of the integration; zero if it does not say
	// A route is two-way if it has both.
	ResponseSelection, Response bool

	APIKeyRequired bool
	IAM            bool        // requests must be signed
	Authorizer     *Authorizer // nil: none
	Required       []string    // parameters, as "route.request.querystring.NAME"
}

// Authorizer is a Lambda REQUEST authorizer.
type Authorizer struct {
	ID              string
	Line            int
	Function        string // as that of Route
	IdentitySources []string

	permitted bool // by a role, not by the function
	problems  Findings
}

// Stage is a stage of an API.
type Stage struct {
	Name      string
	Line      int
	Variables map[string]string
	Throttle  *Throttle            // of each route; nil if it does not say
	Throttles map[string]*Throttle // of routes that are throttled differently
}

// Throttle is how often something may happen. Nil is as often as the account
// allows.
type Throttle struct {
	Rate  *float64 // per second
	Burst *int
}

// Stage returns the stage of a name, or nil. No name is the first stage.
func (a *WebSocketAPI) Stage(name string) *Stage {
	for _, s := range a.Stages {
		if name == "" || s.Name == name {
			return s
		}
	}
	return nil
}

// Route returns the route of a key, or nil.
func (a *WebSocketAPI) Route(key string) *Route {
	for _, r := range a.Routes {
		if r.Key == key {
			return r
		}
	}
	return nil
}

// WebSocketAPI returns the API with a logical id, or nil.
func (t *Template) WebSocketAPI(id string) *WebSocketAPI {
	for _, a := range t.WebSocketAPIs {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// Function returns the function with a logical id, or nil.
func (t *Template) Function(id string) *Function {
	for _, f := range t.Functions {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// Table returns the table with a logical id, or nil.
func (t *Template) Table(id string) *Table {
	for _, table := range t.Tables {
		if table.ID == id {
			return table
		}
	}
	return nil
}

// rawRoute is a route before its parts have been found.
type rawRoute struct {
	id, api, target string
	authorizer      string
	line            int
	unknown         []Finding // what of it is unknown
	Route
}

type rawIntegration struct {
	function    string
	timeout     time.Duration
	credentials bool // API Gateway has a role to invoke with
	problems    Findings
}

// samWebSocket reads an AWS::Serverless::WebSocketApi, of which SAM makes the
// API, its one stage, and for each route the route, its integration and a
// permission; never a route response.
func (b *builder) samWebSocket(r *resource) {
	a := b.socketAPI(r)
	take := taker{&a.Problems}
	p := r.properties
	name := p.get("StageName")
	if name.kind == absent {
		name = text(r.line, "default")
	}
	b.addStage(a, take, p, name, p.get("StageVariables"))
	auth := b.samAuthorizer(a, take, p.get("Auth"))
	routes := p.get("Routes")
	if routes.kind == unknown {
		take.text(routes, "Routes")
	}
	for i, key := range routes.names {
		v := routes.items[i]
		id := a.ID + samRouteID(key)
		raw := &rawRoute{id: id + "Route", api: a.ID, line: v.line, target: "integrations/" + id + "Integration", Route: Route{Key: key, Line: v.line}}
		if key == connectKey {
			raw.IAM = auth == "AWS_IAM"
			if auth == "CUSTOM" {
				raw.authorizer = a.ID + "ConnectAuthorizer"
			}
		}
		b.readRoute(raw, take, v)
		b.routes = append(b.routes, raw)
		arn := v.get("FunctionArn")
		integration := &rawIntegration{timeout: millis(take, v.get("IntegrationTimeout")), credentials: true}
		integration.function = b.functionOf(take, arn, "the FunctionArn of "+key)
		b.integrations[id+"Integration"] = integration
	}
	if a.Route(connectKey) == nil && len(routes.names) == 0 {
		take.problem(r.line, a.ID+" has no routes")
	}
	b.without(r, "Domain")
}

const (
	connectKey = "$connect"
	defaultKey = "$default"
)

// samRouteID returns what SAM calls a route: "$connect" is Connect, and
// "sendMessage" Sendmessage.
func samRouteID(key string) string {
	key = strings.ToLower(strings.TrimPrefix(key, "$"))
	if key == "" {
		return ""
	}
	return strings.ToUpper(key[:1]) + key[1:]
}

// samAuthorizer reads the Auth of a SAM API and returns its AuthType.
func (b *builder) samAuthorizer(a *WebSocketAPI, take taker, auth value) string {
	kind := strings.ToUpper(take.text(auth.get("AuthType"), "AuthType"))
	if kind != "CUSTOM" {
		return kind
	}
	authorizer := &Authorizer{
		ID: a.ID + "ConnectAuthorizer", Line: auth.line, permitted: true,
		IdentitySources: take.texts(auth.get("IdentitySource"), "IdentitySource"),
	}
	authorizer.Function = b.functionOf(take, auth.get("AuthArn"), "AuthArn")
	b.authorizers[authorizer.ID] = authorizer
	return kind
}

// functionOf returns the function that an ARN stands for, which must be there.
func (b *builder) functionOf(take taker, arn value, name string) string {
	s := take.text(arn, name)
	if arn.kind == absent {
		take.problem(arn.line, name+" is missing")
	}
	return b.functionID(s)
}

// socketAPI reads what both kinds of APIs have.
func (b *builder) socketAPI(r *resource) *WebSocketAPI {
	a := &WebSocketAPI{ID: r.id, Line: r.line}
	b.t.WebSocketAPIs = append(b.t.WebSocketAPIs, a)
	b.sockets[r.id] = a
	take := taker{&a.Problems}
	p := r.properties
	a.Name = take.text(p.get("Name"), "Name")
	a.Selection = take.text(p.get("RouteSelectionExpression"), "RouteSelectionExpression")
	a.APIKeySelection = take.text(p.get("ApiKeySelectionExpression"), "ApiKeySelectionExpression")
	if a.Selection == "" && len(a.Problems) == 0 {
		take.problem(r.line, a.ID+" has no RouteSelectionExpression")
	}
	b.without(r, "Body", "BodyS3Location")
	return a
}

// readRoute reads what routes of both kinds have.
func (b *builder) readRoute(raw *rawRoute, take taker, p value) {
	raw.APIKeyRequired = take.boolean(p.get("ApiKeyRequired"), "ApiKeyRequired")
	raw.ResponseSelection = take.text(p.get("RouteResponseSelectionExpression"), "RouteResponseSelectionExpression") == defaultKey
	parameters := p.get("RequestParameters")
	for i, name := range parameters.names {
		if required := parameters.items[i]; isTrue(required) || take.boolean(required.get("Required"), "Required") {
			raw.Required = append(raw.Required, name)
		}
	}
	if models := p.get("RequestModels"); models.kind != absent {
		b.unsupported(models.line, "RequestModels of %s: messages are not checked against models", raw.id)
	}
}

func millis(take taker, v value) time.Duration {
	return time.Duration(take.number(v, "the timeout") * float64(time.Millisecond))
}
