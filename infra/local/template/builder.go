package template

import (
	"fmt"
	"strings"
)

// builder makes a Template of resources. What refers to one another is linked
// at the end, in whatever order it stands.
type builder struct {
	e *evaluator
	t *Template

	functions    map[string]*Function // by logical id
	sockets      map[string]*WebSocketAPI
	https        map[string]*HTTPAPI
	routes       []*rawRoute
	integrations map[string]*rawIntegration
	authorizers  map[string]*Authorizer
	responses    map[string]bool // ids of routes that have one
	permissions  []permission
	roles        map[string]*Role // by logical id
	later        []func()
}

func newBuilder(e *evaluator, t *Template) *builder {
	return &builder{
		e: e, t: t, functions: map[string]*Function{}, sockets: map[string]*WebSocketAPI{}, https: map[string]*HTTPAPI{},
		integrations: map[string]*rawIntegration{}, authorizers: map[string]*Authorizer{}, responses: map[string]bool{},
		roles: map[string]*Role{},
	}
}

func (b *builder) unsupported(line int, format string, arguments ...any) {
	b.t.Unsupported = append(b.t.Unsupported, Finding{line, fmt.Sprintf(format, arguments...)})
}

// without lists as unsupported what properties a resource has of those named.
func (b *builder) without(r *resource, names ...string) {
	for _, name := range names {
		if v := r.properties.get(name); v.kind != absent {
			b.unsupported(v.line, "%s of %s", name, r.id)
		}
	}
}

// link puts together what belongs together.
func (b *builder) link() {
	for _, do := range b.later {
		do()
	}
	for _, r := range b.routes {
		b.linkRoute(r)
	}
	for _, a := range b.t.WebSocketAPIs {
		b.finish(a)
	}
	for _, f := range b.t.Functions {
		if role := b.roles[f.roleRef]; role != nil {
			f.Role = *role
		}
	}
}

// functionID returns the logical id of the function that an ARN or a name
// stands for; what stands for none of this template is returned as it is.
func (b *builder) functionID(name string) string {
	if _, after, ok := strings.Cut(name, ":function:"); ok {
		name, _, _ = strings.Cut(after, ":")
	}
	for _, r := range b.e.resources {
		if r.kind != kindFunction && r.kind != kindSAMFunction {
			continue
		}
		if v := b.e.name(r, 0); r.id == name || v.kind == scalar && v.text == name {
			return r.id
		}
	}
	return name
}
