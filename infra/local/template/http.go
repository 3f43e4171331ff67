package template

import (
	"fmt"
	"strings"
)

// HTTPAPI is an HTTP API of API Gateway.
type HTTPAPI struct {
	ID       string // the logical id
	Line     int
	Problems Findings
	Name     string
	Stage    string // "$default" if it does not say
	Routes   []HTTPRoute
}

// HTTPRoute is a route of an HTTP API.
type HTTPRoute struct {
	Key      string // "GET /pets/{id}", "$default"
	Line     int
	Function string // the logical id, or the name of one that is not in the template
}

// implicitHTTP is the API that SAM makes for events that name none.
const implicitHTTP = "ServerlessHttpApi"

func (b *builder) httpAPI(r *resource) *HTTPAPI {
	h := &HTTPAPI{ID: r.id, Line: r.line, Stage: defaultKey, Name: r.properties.get("Name").text}
	b.t.HTTPAPIs = append(b.t.HTTPAPIs, h)
	b.https[r.id] = h
	b.without(r, "CorsConfiguration", "Auth", "Body", "Domain")
	return h
}

// samHTTP reads an AWS::Serverless::HttpApi.
func (b *builder) samHTTP(r *resource) {
	h := b.httpAPI(r)
	b.without(r, "DefinitionBody", "DefinitionUri")
	if stage := r.properties.get("StageName"); stage.kind != absent {
		h.Stage = taker{&h.Problems}.text(stage, "StageName")
	}
}

// httpEvent reads the event source that makes a function a route of an HTTP
// API. Without path and method it is the $default route.
func (b *builder) httpEvent(f *Function, take taker, p value, line int) {
	method, path := take.text(p.get("Method"), "Method"), take.text(p.get("Path"), "Path")
	id := implicitHTTP
	if api := p.get("ApiId"); api.kind != absent {
		id = take.text(api, "ApiId")
	}
	key := defaultKey
	if path != "" {
		method = strings.ToUpper(method)
		if method == "" || method == "X-AMAZON-APIGATEWAY-ANY-METHOD" {
			method = "ANY"
		}
		key = method + " " + path
	}
	if v := p.get("PayloadFormatVersion"); v.kind == scalar && v.text != "2.0" {
		b.unsupported(v.line, "the payload format %s of %s: it gets 2.0", v.text, f.ID)
	}
	b.later = append(b.later, func() {
		h := b.https[id]
		if h == nil && id == implicitHTTP {
			h = &HTTPAPI{ID: id, Line: line, Stage: defaultKey}
			b.t.HTTPAPIs = append(b.t.HTTPAPIs, h)
			b.https[id] = h
		}
		if h == nil {
			b.unsupported(line, "the event source of %s at an API that is not in the template", f.ID)
			return
		}
		h.Routes = append(h.Routes, HTTPRoute{key, line, f.ID})
	})
}

// linkHTTP adds a route that was made by hand.
func (b *builder) linkHTTP(h *HTTPAPI, raw *rawRoute) {
	h.Problems = append(h.Problems, raw.unknown...)
	i := b.integrations[strings.TrimPrefix(raw.target, "integrations/")]
	if i == nil {
		h.Problems = append(h.Problems, Finding{raw.line, fmt.Sprintf("the route %s has no integration", raw.Key)})
		return
	}
	h.Problems = append(h.Problems, i.problems...)
	h.Routes = append(h.Routes, HTTPRoute{raw.Key, raw.line, i.function})
}
