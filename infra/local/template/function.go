package template

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Function is a Lambda function.
type Function struct {
	ID   string // the logical id
	Line int
	// Problems are why it cannot be run as it stands.
	Problems Findings

	Name          string // that AWS knows it by
	CodeURI       string // a folder or a file, relative to Template.Dir; "" if the code is elsewhere
	Inline        string // its code, if that stands in the template
	Handler       string
	Runtime       string
	Image         bool // it is a container image
	Architectures []string
	Timeout       time.Duration
	Memory        int // megabytes
	// Reserved is its reserved concurrency; nil if there is none.
	Reserved    *int
	BuildMethod string // "go1.x", "makefile"; "" if its Metadata say none

	// Env are its environment variables, and Unset those whose values are
	// unknown, with the reason.
	Env   map[string]string
	Unset map[string]Finding

	Role Role

	Streams   []Stream
	Schedules []Schedule

	roleRef string // logical id of a role of the template's own
}

// What Lambda has where a template says nothing.
const (
	defaultTimeout = 3
	defaultMemory  = 128
)

func (b *builder) newFunction(r *resource) (*Function, taker) {
	f := &Function{ID: r.id, Line: r.line, Env: map[string]string{}, Unset: map[string]Finding{}}
	b.t.Functions = append(b.t.Functions, f)
	b.functions[r.id] = f
	take := taker{&f.Problems}
	p := r.properties

	f.Name = take.text(b.e.name(r, r.line), "its name")
	f.Handler = take.text(p.get("Handler"), "Handler")
	f.Runtime = take.text(p.get("Runtime"), "Runtime")
	f.Image = take.text(p.get("PackageType"), "PackageType") == "Image"
	f.Architectures = take.texts(p.get("Architectures"), "Architectures")
	f.Memory = take.count(p.get("MemorySize"), "MemorySize")
	seconds := take.number(p.get("Timeout"), "Timeout")
	if f.Memory == 0 {
		f.Memory = defaultMemory
	}
	if seconds == 0 {
		seconds = defaultTimeout
	}
	f.Timeout = time.Duration(seconds * float64(time.Second))
	if v := p.get("ReservedConcurrentExecutions"); v.kind != absent {
		n := take.count(v, "ReservedConcurrentExecutions")
		f.Reserved = &n
	}
	f.BuildMethod = nodeText(member(r.metadata, "BuildMethod"))
	if f.Image {
		take.problem(r.line, f.ID+" is a container image, which is not run here: put sam local start-lambda behind the gateway")
	}
	b.environment(f, p.get("Environment").get("Variables"))
	b.without(r, "Layers", "FileSystemConfigs", "VpcConfig", "DeadLetterQueue", "DeadLetterConfig", "EventInvokeConfig",
		"FunctionUrlConfig", "ProvisionedConcurrencyConfig", "EphemeralStorage", "DurableConfig")
	return f, take
}

func (b *builder) environment(f *Function, variables value) {
	if variables.kind == unknown {
		f.Problems = append(f.Problems, Finding{variables.line, "its environment: " + variables.why})
	}
	for i, name := range variables.names {
		switch v := variables.items[i]; v.kind {
		case scalar:
			f.Env[name] = v.text
		case unknown:
			f.Unset[name] = Finding{v.line, v.why}
		default:
			f.Unset[name] = Finding{v.line, "it must be a text"}
		}
	}
}

// Unknowns lists the variables whose values are unknown, in alphabetical order.
func (f *Function) Unknowns() []string { return slices.Sorted(maps.Keys(f.Unset)) }

func (b *builder) samFunction(r *resource) {
	f, take := b.newFunction(r)
	p := r.properties
	f.Inline = take.text(p.get("InlineCode"), "InlineCode")
	b.code(f, take, p.get("CodeUri"))
	b.samRole(f, r)
	events := p.get("Events")
	for i, name := range events.names {
		b.event(f, take, name, events.items[i])
	}
}

func (b *builder) lambdaFunction(r *resource) {
	f, take := b.newFunction(r)
	code := r.properties.get("Code")
	if code.kind == scalar { // as it is before aws cloudformation package
		b.code(f, take, code)
	} else {
		f.Inline = take.text(code.get("ZipFile"), "ZipFile")
		b.code(f, take, code)
	}
	b.refer(f, r.properties.get("Role"))
}

// code reads where the code is: a path, or a place in S3.
func (b *builder) code(f *Function, take taker, v value) {
	switch v.kind {
	case scalar:
		if !strings.HasPrefix(v.text, "s3://") && !strings.HasPrefix(v.text, "https://") {
			f.CodeURI = v.text
		}
	case unknown:
		take.text(v, "its code")
	}
}
