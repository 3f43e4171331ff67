package command

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"tacet/infra/config"
	"tacet/infra/local/site"
)

// greeting is what somebody sees who starts the platform: where it is, and
// lines to copy. Each works as it stands.
type greeting struct {
	program  string
	settings *config.Standalone
	running  site.Running
	// tokens says that tokens may be shown, because the reader is a person at a terminal. Whatever else
	// standard error leads to may keep what it gets for longer than tokens are
	// good, as journald and containers do.
	tokens bool
}

func (g greeting) String() string {
	var b strings.Builder
	b.WriteString("\nTacet is running.\n\n")
	g.facts(&b)
	if g.tokens || !g.settings.Memory { // else nobody who copies them has a token
		g.lines(&b)
	}
	g.accounts(&b)
	g.opening(&b)
	b.WriteString("\nCtrl-C stops it.\n\n")
	return b.String()
}

func fact(b *strings.Builder, name, value string) { fmt.Fprintf(b, "  %-13s %s\n", name, value) }

func (g greeting) facts(b *strings.Builder) {
	where, try := g.settings.Data, g.running.Console
	if g.settings.Memory {
		where = "none: everything is gone at the end"
	}
	if !g.tokens {
		try, _, _ = strings.Cut(try, "#")
		try += " (it asks for the application and a client token)"
	}
	fact(b, "WebSocket", g.running.WebSocket)
	fact(b, "HTTP API", g.running.HTTP)
	fact(b, "Try it", try)
	fact(b, "Application", string(g.running.App)+" (development, plan "+g.settings.Plan+")")
	fact(b, "Data", where)
}

func (g greeting) lines(b *strings.Builder) {
	before, behind := g.client()
	b.WriteString("\nIn two more terminals:\n\n")
	fmt.Fprintf(b, "  %s%s subscribe%s chat\n", before, g.program, behind)
	fmt.Fprintf(b, "  %s%s publish%s chat '{\"hello\":\"world\"}'\n", before, g.program, behind)

	trust, token := "", g.running.AdminToken
	if g.settings.TLSCert != "" {
		trust = " --cacert " + quote(g.settings.TLSCert)
	}
	if !g.settings.Memory {
		token = "$(" + g.program + " token --admin" + g.data() + ")"
	}
	b.WriteString("\nAs a backend, over HTTP:\n\n")
	fmt.Fprintf(b, "  curl%s %s/api/topics/%s/publish \\\n    -H \"Authorization: Bearer %s\" -H 'Content-Type: application/json' \\\n    -d '{\"topic\":\"chat\",\"message\":{\"hello\":\"world\"}}'\n",
		trust, g.running.HTTP, g.running.App, token)

	b.WriteString("\nIn a browser, open \"Try it\" in two tabs, and paste this into the console of each. Then say(…) in one is shown in both.\n\n")
	fmt.Fprintf(b, "  ws = new WebSocket('%s', ['tacet.v1', token.value]); ws.onmessage = e => console.log(e.data); "+
		"ws.onopen = () => ws.send('{\"type\":\"subscribe\",\"data\":{\"topic\":\"chat\"}}'); "+
		"say = m => ws.send(JSON.stringify({type: 'publish', data: {topic: 'chat', payload: m}}))\n", g.running.WebSocket)
	b.WriteString("  say({hello: 'world'})\n")
}

// accounts says how to deal with accounts. The one-time link is for whoever sits
// at the terminal: he signs in with it from elsewhere, or where no file says who
// runs the platform.
func (g greeting) accounts(b *strings.Builder) {
	if g.running.Session == "" {
		return // it has none
	}
	found := !g.settings.Memory
	if e, err := at(g.running.WebSocket); err != nil || !e.here() {
		found = false
	}
	if found {
		fmt.Fprintf(b, "\nAccounts, applications and their keys:\n\n  %s app list%s\n", g.program, g.data())
	}
	if g.tokens {
		what := "\nThe same from elsewhere, once, within 15 minutes:\n\n"
		if !found {
			what = "\nAccounts, applications and their keys; the link is good once, within 15 minutes:\n\n"
		}
		fmt.Fprintf(b, "%s  %s account sign-in %s\n  %s app list --url %s\n", what, g.program, quote(g.running.Link), g.program, quote(g.running.HTTP))
	}
}

// opening says how to get tokens. With a data folder none is shown but that in
// the link: two more would fill the screen, and the commands find them.
func (g greeting) opening(b *strings.Builder) {
	good := fmt.Sprintf("good for %.0f hours, until %s", site.TokenLife.Hours(), g.running.Expires.Local().Format("Monday 15:04"))
	switch {
	case !g.settings.Memory:
		fmt.Fprintf(b, "\nTokens are in %s (mode 0600), %s; `%s token%s` makes others.\n",
			quote(filepath.Join(g.settings.Data, noteName)), good, g.program, g.data())
	case g.tokens:
		fmt.Fprintf(b, "\nTokens, %s:\n\n", good)
		fact(b, "client", g.running.ClientToken)
		fact(b, "admin", g.running.AdminToken)
	default:
		b.WriteString("\nTokens are shown on a terminal only, because this text may be kept, and --memory has no folder for them: " +
			"--json prints them on standard output instead.\n")
	}
}

// client returns what stands before and behind the other commands, so that
// they find the platform and may use it. No token is among their arguments,
// which every process of the machine can read.
func (g greeting) client() (before, behind string) {
	e, err := at(g.running.WebSocket)
	if !g.settings.Memory && err == nil && e.here() {
		return "", g.data()
	}
	token := g.running.ClientToken
	if !g.settings.Memory {
		token = "$(" + g.program + " token" + g.data() + ")"
	}
	if g.settings.TLSCert != "" { // nothing else tells them whom to trust
		before = "SSL_CERT_FILE=" + quote(g.settings.TLSCert) + " "
	}
	return before + "TACET_URL=" + quote(g.running.WebSocket) + " TACET_TOKEN=" + token + " ", ""
}

// data returns the flag by which the other commands find the data folder;
// none if they find it by themselves.
func (g greeting) data() string {
	// They look into the folder at hand, too; but only what is called by a
	// relative path, as .build/tacet, is sure to be called from the same one.
	here := g.program == goRun || strings.ContainsRune(g.program, filepath.Separator) && !filepath.IsAbs(g.program)
	found, err := running("")
	if err == nil && found.PID == g.running.PID && (here || g.settings.Data == folders("")[0]) {
		return ""
	}
	return " --data " + quote(g.settings.Data)
}

// quote returns a word as a shell takes it.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:,@%", r)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	if runtime.GOOS == "windows" {
		return `"` + word + `"`
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
