package manage

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/account"
	"tacet/infra/httpapi"
	"tacet/infra/httpapi/door"
)

const referencePath = "/v1/reference"

// routeReference adds the page that shows the OpenAPI document to people. It
// needs no script, and the browser is told to load nothing from anywhere.
func (s *server) routeReference() {
	policy := sync.OnceValue(func() string {
		hash := sha256.Sum256([]byte(referenceStyle))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	})
	content := sync.OnceValue(func() []byte {
		p := reference{}
		p.doc, p.operations = document()
		return p.render()
	})
	s.door.Handle("GET "+referencePath, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy())
		h.Set("Referrer-Policy", "no-referrer")
		w.Write(content())
	})
}

// reference is the page as it is made. It does without html/template: a program
// that links it keeps every method of every type that it has, half a megabyte in
// a function's package.
type reference struct {
	doc        *huma.OpenAPI
	operations []*huma.Operation
	out        []byte
}

// f adds text; arguments that come from elsewhere are escaped by the caller.
func (p *reference) f(format string, args ...any) { p.out = fmt.Appendf(p.out, format, args...) }

var esc = html.EscapeString

func (p *reference) render() []byte {
	p.f(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tacet: API reference</title><style>%s</style></head><body>
<a class="skip" href="#main">Skip to the reference</a>
`, referenceStyle)
	p.navigation()
	p.f(`<main id="main"><h1>API reference</h1>`)
	p.f(`<p class="links"><a href="%s">OpenAPI document</a> <a href="%s">Errors</a> <a href="%s">WebSocket protocol (AsyncAPI)</a> <a href="%s">Privacy</a></p>`, httpapi.DocumentPath, door.ErrorsPath, httpapi.AsyncPath, httpapi.PolicyPath)
	for paragraph := range strings.SplitSeq(p.doc.Info.Description, "\n\n") {
		p.f("<p>%s</p>\n", prose(paragraph))
	}
	p.authentication()
	p.permissions()
	for _, tag := range p.doc.Tags {
		p.f(`<section id="%s"><h2>%s</h2><p>%s</p>`, anchor(tag.Name), esc(title(tag.Name)), prose(tag.Description))
		for _, op := range p.of(tag.Name) {
			p.operation(op)
		}
		p.f("</section>\n")
	}
	p.f("</main></body></html>\n")
	return p.out
}

func (p *reference) of(tag string) (all []*huma.Operation) {
	for _, op := range p.operations {
		if slices.Contains(op.Tags, tag) {
			all = append(all, op)
		}
	}
	return all
}

func (p *reference) navigation() {
	p.f(`<nav aria-label="Operations"><p class="brand"><a href="#main">Tacet</a></p><ul><li><a href="#authentication">Authentication</a><li><a href="#permissions">Permissions</a></ul>`)
	for _, tag := range p.doc.Tags {
		p.f(`<h3><a href="#%s">%s</a></h3><ul>`, anchor(tag.Name), esc(title(tag.Name)))
		for _, op := range p.of(tag.Name) {
			p.f(`<li><a href="#%s"><b class="m %s">%s</b> %s</a>`, esc(op.OperationID), esc(op.Method), esc(short(op.Method)), esc(op.Summary))
		}
		p.f(`</ul>`)
	}
	p.f("</nav>\n")
}

func short(method string) string {
	if method == http.MethodDelete {
		return "DEL"
	}
	return method
}

func (p *reference) authentication() {
	p.f(`<section id="authentication"><h2>Authentication</h2><table><thead><tr><th>Scheme<th>Looks like<th>What it is<tbody>`)
	schemes := p.doc.Components.SecuritySchemes
	for _, name := range slices.Sorted(maps.Keys(schemes)) {
		s := schemes[name]
		looks := "Authorization: Bearer " + s.BearerFormat
		if s.In == "cookie" {
			looks = "Cookie: " + s.Name + "=…"
		}
		p.f(`<tr><td>%s<td><code>%s</code><td>%s`, esc(name), esc(looks), prose(s.Description))
	}
	p.f("</table></section>\n")
}

func (p *reference) permissions() {
	p.f(`<section id="permissions"><h2>Permissions</h2><p>Who may do what. Beyond this table: an account always has an owner; only owners make, change and remove owners; an access token may do what its scope says and its member may.</p>`)
	p.f(`<div class="wide"><table class="who"><thead><tr><th>Permission<th>To`)
	for _, r := range account.Roles {
		p.f(`<th>%s`, esc(string(r)))
	}
	p.f(`<tbody>`)
	for _, line := range account.Permissions() {
		p.f(`<tr id="%s"><td><code>%s</code><td>%s`, anchor(string(line.Action)), esc(string(line.Action)), esc(line.What))
		for _, r := range account.Roles {
			mark := `<td class="no">–`
			if slices.Contains(line.Roles, r) {
				mark = `<td class="yes">✓`
			}
			p.f("%s", mark)
		}
	}
	p.f("</table></div></section>\n")
}

func (p *reference) operation(op *huma.Operation) {
	p.f(`<article id="%s"><h3>%s <a class="here" href="#%s" aria-label="Link to this">#</a></h3>`, esc(op.OperationID), esc(op.Summary), esc(op.OperationID))
	p.f(`<p class="route"><b class="m %s">%s</b> <code>%s</code></p>`, esc(op.Method), esc(op.Method), route(op.Path))
	p.f(`<div class="two"><div>`)
	// Who may is shown below.
	if text, _, _ := strings.Cut(op.Description, needsText); text != "" {
		p.f(`<p>%s</p>`, prose(text))
	}
	p.callers(op)
	p.parameters(op)
	if op.RequestBody != nil {
		p.fields("Body", op.RequestBody.Content["application/json"].Schema)
	}
	status, response := success(op)
	if content := response.Content["application/json"]; content != nil {
		p.fields("Answer", content.Schema)
	}
	p.refusals(op)
	p.f(`</div><div>`)
	p.examples(op, status, response)
	p.f("</div></div></article>\n")
}

// callers says who may.
func (p *reference) callers(op *huma.Operation) {
	roles, _ := op.Extensions["x-roles"].([]account.Role)
	action, _ := op.Extensions["x-permission"].(account.Action)
	switch {
	case action != "":
		p.f(`<p class="may"><a href="#%s"><code>%s</code></a>`, anchor(string(action)), esc(string(action)))
		for _, r := range roles {
			p.f(` <span>%s</span>`, esc(string(r)))
		}
		p.f(`</p>`)
	case op.Security == nil:
		p.f(`<p class="may"><span>anybody</span></p>`)
	default:
		p.f(`<p class="may">`)
		for _, s := range op.Security {
			for name := range s {
				p.f(` <span>%s</span>`, esc(name))
			}
		}
		p.f(`</p>`)
	}
}

func (p *reference) parameters(op *huma.Operation) {
	if len(op.Parameters) == 0 {
		return
	}
	p.f(`<table><thead><tr><th>Parameter<th>In<th>What it is<tbody>`)
	for _, q := range op.Parameters {
		p.f(`<tr><td><code>%s</code>%s<td>%s<td>%s`, esc(q.Name), required(q.Required), esc(q.In), prose(q.Description))
	}
	p.f(`</table>`)
}

func required(is bool) string {
	if is {
		return `<sup title="required">*</sup>`
	}
	return ""
}

// refusals lists the statuses of refusals.
func (p *reference) refusals(op *huma.Operation) {
	p.f(`<p class="refused">May be refused with`)
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if status >= "400" {
			p.f(` <a href="%s">%s</a>`, door.ErrorsPath, esc(status))
		}
	}
	p.f(`</p>`)
}

// success returns the answer when all goes well.
func success(op *huma.Operation) (string, *huma.Response) {
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if status < "304" {
			return status, op.Responses[status]
		}
	}
	return "", &huma.Response{}
}

func (p *reference) examples(op *huma.Operation, status string, response *huma.Response) {
	p.f(`<figure><figcaption>Request</figcaption><pre tabindex="0">%s</pre></figure>`, esc(curl(op)))
	head := "HTTP " + status + " " + response.Description
	for _, name := range slices.Sorted(maps.Keys(response.Headers)) {
		head += "\n" + name + ": …"
	}
	p.f(`<figure><figcaption>Answer</figcaption><pre tabindex="0">%s`, esc(head))
	if content := response.Content["application/json"]; content != nil {
		p.f("\n\n%s", esc(string(sample(p.doc.Components.Schemas, content.Schema))))
	}
	p.f(`</pre></figure>`)
}

// curl returns a line for a terminal.
func curl(op *huma.Operation) string {
	path := inPath.ReplaceAllStringFunc(op.Path, func(name string) string { return "$" + strings.ToUpper(strings.Trim(name, "{}")) })
	line := "curl"
	if op.Method != http.MethodGet && (op.Method != http.MethodPost || op.RequestBody == nil) {
		line += " -X " + op.Method
	}
	line += ` "$TACET` + path + `"`
	if op.Security != nil {
		line += " \\\n  -H \"Authorization: Bearer $TOKEN\""
	}
	for _, q := range op.Parameters {
		if q.In == "header" && q.Name != "If-None-Match" {
			line += " \\\n  -H '" + q.Name + ": " + fmt.Sprint(q.Schema.Examples[0]) + "'"
		}
	}
	if op.RequestBody != nil {
		example, err := json.Marshal(op.RequestBody.Content["application/json"].Example)
		if err == nil {
			line += " \\\n  --json '" + strings.ReplaceAll(string(indent(example)), "'", `'\''`) + "'"
		}
	}
	return line
}
