package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
	"time"

	"tacet/core/plan"
	"tacet/core/privacy"
)

// Operator is who runs a deployment and answers for it, for people who read what
// is kept of them. Either may be "".
type Operator struct {
	Name    string
	Contact string // an e-mail address, a URL, or any other words
}

// routePolicy adds the page that tells people what is kept of them, made from
// the manifest and the plans. It needs no script, and the browser is told to
// load nothing from anywhere.
func (s *server) routePolicy() {
	hash := sha256.Sum256([]byte(policyStyle))
	csp := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	content := sync.OnceValue(func() []byte { return policy{operator: s.Operator}.render() })
	s.door.Handle("GET "+PolicyPath, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", csp)
		h.Set("Referrer-Policy", "no-referrer")
		w.Write(content())
	})
}

// policy is the page as it is made. It does without html/template, as
// catalogueHTML does.
type policy struct {
	operator Operator
	out      []byte
}

// f adds text; arguments that come from elsewhere are escaped by the caller.
func (p *policy) f(format string, args ...any) { p.out = fmt.Appendf(p.out, format, args...) }

// section is a part of the page.
type section struct {
	anchor, title string
	write         func(*policy)
}

var sections = []section{
	{"never", "What is never kept", text(neverText)},
	{"telemetry", "What is recorded", (*policy).telemetry},
	{"addresses", "How addresses are made anonymous", text(addressText)},
	{"topics", "Names of topics", text(topicText)},
	{"how-long", "For how long", (*policy).howLong},
	{"reports", "What reports show", text(reportText)},
	{"accounts", "Accounts", text(accountText)},
	{"rights", "Download and deletion", text(rightsText)},
	{"logs", "Logs", text(logText)},
	{"who", "Who sees what", (*policy).who},
	{"everything", "Everything that is ever stored", (*policy).everything},
}

func (p policy) render() []byte {
	p.f(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Privacy: what is kept, and what is not</title><style>%s</style></head><body><main>
<h1>What is kept, and what is not</h1>
`, policyStyle)
	p.f("%s%s", leadText, p.runBy())
	p.f("<nav aria-label=\"Contents\"><ol>\n")
	for _, s := range sections {
		p.f("<li><a href=\"#%s\">%s</a>\n", s.anchor, s.title)
	}
	p.f("</ol></nav>\n")
	for _, s := range sections {
		p.f("<section id=\"%s\"><h2>%s</h2>\n", s.anchor, s.title)
		s.write(&p)
		p.f("</section>\n")
	}
	p.f("<footer><p>This page is made from the list by which the platform's own types and stores are tested, version %d. For programs: <a href=\"%s\">telemetry.json</a>. The API: <a href=\"%s\">reference</a>.</p></footer>\n",
		privacy.Telemetry.Version, telemetryPath, referencePath)
	p.f("</main></body></html>\n")
	return p.out
}

// runBy says who runs the deployment, and how he is reached.
func (p policy) runBy() string {
	name, contact := strings.TrimSpace(p.operator.Name), strings.TrimSpace(p.operator.Contact)
	switch {
	case name == "" && contact == "":
		return "<p class=\"by\">Who runs this deployment has not said here who he is: whoever gave you this address knows.</p>\n"
	case name == "":
		return "<p class=\"by\">Whoever runs this deployment is reached at " + link(contact) + ".</p>\n"
	case contact == "":
		return "<p class=\"by\">This deployment is run by <b>" + html.EscapeString(name) + "</b>, who answers for what it keeps.</p>\n"
	}
	return "<p class=\"by\">This deployment is run by <b>" + html.EscapeString(name) + "</b>, who answers for what it keeps: " + link(contact) + ".</p>\n"
}

// link makes a link of an e-mail address or a URL, and leaves any other words
// alone.
func link(contact string) string {
	text := html.EscapeString(contact)
	switch {
	case strings.HasPrefix(contact, "https://"), strings.HasPrefix(contact, "mailto:"):
		return `<a href="` + text + `">` + strings.TrimPrefix(text, "mailto:") + `</a>`
	case strings.Count(contact, "@") == 1 && !strings.ContainsAny(contact, " <>\"/:?&"):
		return `<a href="mailto:` + text + `">` + text + `</a>`
	}
	return text
}

// text returns what writes a text.
func text(html string) func(*policy) { return func(p *policy) { p.f("%s", html) } }

func (p *policy) telemetry() {
	p.f("%s", telemetryText)
	p.f("<table class=\"wide\"><thead><tr><th>What<th>Why<th>What is done to it first<tbody>\n")
	for _, a := range privacy.Telemetry.Attributes {
		p.f("<tr><td><b>%s</b>%s<br>%s<td>%s<br><small>%s</small><td>%s\n", esc(a.Name), mark(a), esc(a.What), esc(a.Purpose), esc(a.Basis), esc(string(a.Transform)))
	}
	p.f("</table>\n")
}

// mark tells what is personal before the transform.
func mark(a privacy.Attribute) string {
	if a.Personal {
		return ` <span class="personal">personal</span>`
	}
	return ""
}

var esc = html.EscapeString

func (p *policy) howLong() {
	p.f("%s<table><thead><tr><th>Plan of the application<th>Telemetry is kept for<tbody>\n", howLongText)
	for _, x := range plan.All() {
		p.f("<tr><td>%s<td>%s\n", esc(string(x.Name)), days(x.Retention))
	}
	p.f("</table>%s", endsText)
}

func days(d time.Duration) string {
	if n := int(d / (24 * time.Hour)); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}

func (p *policy) who() {
	p.f("<table class=\"wide\"><thead><tr><th>Who<th>What<tbody>\n")
	for _, line := range whoText {
		p.f("<tr><td>%s<td>%s\n", line[0], line[1])
	}
	p.f("</table>\n")
}

// everything lists each class of the manifest.
func (p *policy) everything() {
	p.f("%s", everythingText)
	for _, c := range privacy.Telemetry.Classes {
		p.f("<section class=\"class\" id=\"%s\"><h3>%s</h3><p>%s. <span class=\"kept\">Kept: %s.</span></p>\n",
			esc(strings.ReplaceAll(c.Name, " ", "-")), esc(capital(c.Name)), esc(capital(c.What)), esc(c.Retention))
		p.f("<table><thead><tr><th>Attribute<th>What it is<th>How it is stored<tbody>\n")
		for _, a := range c.Attributes {
			p.f("<tr><td>%s%s<td>%s<td>%s\n", esc(a.Name), mark(a), esc(a.What), esc(short(a.Transform)))
		}
		p.f("</table></section>\n")
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// short is what of a transform matters in a narrow column.
func short(t privacy.Transform) string {
	text, _, _ := strings.Cut(string(t), " (RFC")
	return text
}
