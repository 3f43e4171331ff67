package template

import (
	"fmt"
	"strings"
)

// The resources of AWS::ApiGatewayV2, of which an API is made by hand.

// api reads an AWS::ApiGatewayV2::Api.
func (b *builder) api(r *resource) {
	switch protocol := r.properties.get("ProtocolType"); protocol.text {
	case "WEBSOCKET":
		b.socketAPI(r)
	case "HTTP":
		b.httpAPI(r)
	default:
		b.unsupported(r.line, "%s: an API that is described by a document", r.id)
	}
}

// route reads an AWS::ApiGatewayV2::Route.
func (b *builder) route(r *resource) {
	p := r.properties
	raw := &rawRoute{id: r.id, api: p.get("ApiId").text, line: r.line, Route: Route{Line: r.line}}
	var problems Findings
	take := taker{&problems}
	raw.Key = take.text(p.get("RouteKey"), "RouteKey")
	raw.target = take.text(p.get("Target"), "Target")
	switch take.text(p.get("AuthorizationType"), "AuthorizationType") {
	case "AWS_IAM":
		raw.IAM = true
	case "CUSTOM":
		raw.authorizer = take.text(p.get("AuthorizerId"), "AuthorizerId")
	}
	b.readRoute(raw, take, p)
	raw.unknown = problems
	b.routes = append(b.routes, raw)
}

// integration reads an AWS::ApiGatewayV2::Integration.
func (b *builder) integration(r *resource) {
	p := r.properties
	i := &rawIntegration{credentials: p.get("CredentialsArn").kind != absent}
	b.integrations[r.id] = i
	take := taker{&i.problems}
	i.timeout = millis(take, p.get("TimeoutInMillis"))
	switch kind := take.text(p.get("IntegrationType"), "IntegrationType"); kind {
	case "AWS_PROXY":
		i.function = b.integrated(take, p.get("IntegrationUri"), "the IntegrationUri of "+r.id)
	case "MOCK":
		b.unsupported(r.line, "%s: a mock; what it gets is accepted, and not answered", r.id)
	default:
		take.problem(r.line, fmt.Sprintf("%s is an integration of type %s, which is not imitated; AWS_PROXY is", r.id, kind))
	}
}

// integrated returns the function in the URI of an integration or an authorizer:
// "arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations",
// or the function's ARN alone.
func (b *builder) integrated(take taker, v value, name string) string {
	uri := take.text(v, name)
	if _, after, ok := strings.Cut(uri, "/functions/"); ok {
		uri = strings.TrimSuffix(after, "/invocations")
	} else if !strings.Contains(uri, ":lambda:") {
		uri = ""
	}
	switch {
	case v.kind != scalar && v.kind != absent: // take has said so
	case strings.Contains(uri, "${stageVariables."):
		take.problem(v.line, name+" names its function by a stage variable, which is not imitated")
	case uri == "":
		take.problem(v.line, name+" leads to no Lambda function")
	default:
		return b.functionID(uri)
	}
	return ""
}

// routeResponse reads an AWS::ApiGatewayV2::RouteResponse.
func (b *builder) routeResponse(r *resource) {
	if r.properties.get("RouteResponseKey").text == defaultKey {
		b.responses[r.properties.get("RouteId").text] = true
	}
}

// authorizer reads an AWS::ApiGatewayV2::Authorizer.
func (b *builder) authorizer(r *resource) {
	p := r.properties
	if kind := p.get("AuthorizerType").text; kind != "REQUEST" {
		b.unsupported(r.line, "%s: an authorizer of type %s", r.id, kind)
		return
	}
	a := &Authorizer{ID: r.id, Line: r.line, permitted: p.get("AuthorizerCredentialsArn").kind != absent}
	take := taker{&a.problems}
	a.IdentitySources = take.texts(p.get("IdentitySource"), "IdentitySource")
	a.Function = b.integrated(take, p.get("AuthorizerUri"), "the AuthorizerUri of "+r.id)
	b.authorizers[r.id] = a
}

// linkRoute gives a route its parts, and to its API.
func (b *builder) linkRoute(raw *rawRoute) {
	if h := b.https[raw.api]; h != nil {
		b.linkHTTP(h, raw)
		return
	}
	a := b.sockets[raw.api]
	if a == nil {
		b.unsupported(raw.line, "%s belongs to an API that is not in the template", raw.id)
		return
	}
	a.Problems = append(a.Problems, raw.unknown...)
	route := raw.Route
	route.Response = b.responses[raw.id]
	permitted := true
	if id, ok := strings.CutPrefix(raw.target, "integrations/"); ok {
		if i := b.integrations[id]; i != nil {
			a.Problems = append(a.Problems, i.problems...)
			route.Function, route.Timeout, permitted = i.function, i.timeout, i.credentials
		} else {
			a.Problems = append(a.Problems, Finding{raw.line, fmt.Sprintf("the route %s leads to %s, which is no integration of the template", route.Key, id)})
		}
	}
	if raw.authorizer != "" {
		b.linkAuthorizer(a, &route, raw)
	}
	if !permitted {
		b.checkPermission(a, route.Line, route.Function, route.Key)
	}
	a.Routes = append(a.Routes, &route)
}

func (b *builder) linkAuthorizer(a *WebSocketAPI, route *Route, raw *rawRoute) {
	switch auth := b.authorizers[raw.authorizer]; {
	case route.Key != connectKey:
		a.Problems = append(a.Problems, Finding{raw.line, "only $connect can have an authorizer, and " + route.Key + " has one"})
	case auth == nil:
		a.Problems = append(a.Problems, Finding{raw.line, fmt.Sprintf("%s is no authorizer of the template", raw.authorizer)})
	default:
		route.Authorizer = auth
		a.Problems = append(a.Problems, auth.problems...)
		if !auth.permitted {
			b.checkPermission(a, auth.Line, auth.Function, "authorizers/"+auth.ID)
		}
	}
}

// finish says what is missing of an API.
func (b *builder) finish(a *WebSocketAPI) {
	if len(a.Routes) == 0 && len(a.Problems) == 0 {
		a.Problems = append(a.Problems, Finding{a.Line, a.ID + " has no routes"})
	}
	if len(a.Stages) == 0 {
		a.Problems = append(a.Problems, Finding{a.Line, a.ID + " has no stage"})
	}
	for _, route := range a.Routes {
		if route.ResponseSelection != route.Response {
			missing := "an AWS::ApiGatewayV2::RouteResponse with the key $default"
			if route.Response {
				missing = "a RouteResponseSelectionExpression of $default"
			}
			a.Warnings = append(a.Warnings, Finding{route.Line, fmt.Sprintf("the route %s is one-way: to answer on the socket it needs %s, too", route.Key, missing)})
		}
	}
}

// domain reads what gives an API a name of its own.
func (b *builder) domain(r *resource) {
	if r.kind == kindDomain {
		b.unsupported(r.line, "%s: a domain name; the API is served at this machine's address", r.id)
	}
}

func (b *builder) model(r *resource) {
	b.unsupported(r.line, "%s: a model; messages are not checked against models", r.id)
}

func (b *builder) layer(r *resource) {
	b.unsupported(r.line, "%s: a layer", r.id)
}

func (b *builder) rest(r *resource) {
	b.unsupported(r.line, "%s: a REST API", r.id)
}
