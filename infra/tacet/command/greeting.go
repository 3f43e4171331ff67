package command

import (
	"fmt"
	"runtime"
	"strings"

	"tacet/infra/config"
	"tacet/infra/local/standalone"
)

// greeting is what somebody sees who starts the platform: where it is, and
// lines to copy. Each works as it stands.
func greeting(program string, s *config.Standalone, r standalone.Running) string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "  %-13s %s\n", name, value) }
	where := s.Data
	if s.Memory {
		where = "none: everything is gone at the end"
	}
	b.WriteString("\nTacet is running.\n\n")
	line("WebSocket", r.WebSocket)
	line("HTTP API", r.HTTP)
	line("Try it", r.Console)
	line("Application", string(r.App)+" (development, plan "+s.Plan+")")
	line("Data", where)

	at := clientFlags(program, s, r)
	if s.Memory && s.TLSCert != "" {
		program = "SSL_CERT_FILE=" + quote(s.TLSCert) + " " + program // nothing else tells them whom to trust
	}
	b.WriteString("\nIn two more terminals:\n\n")
	fmt.Fprintf(&b, "  %s subscribe%s chat\n", program, at)
	fmt.Fprintf(&b, "  %s publish%s chat '{\"hello\":\"world\"}'\n", program, at)

	b.WriteString("\nAs a backend, over HTTP:\n\n")
	trust := ""
	if s.TLSCert != "" {
		trust = " --cacert " + quote(s.TLSCert)
	}
	token := r.AdminToken
	if !s.Memory {
		token = "$(" + program + " token --admin" + at + ")"
	}
	fmt.Fprintf(&b, "  curl%s %s/api/topics/%s/publish \\\n    -H \"Authorization: Bearer %s\" -H 'Content-Type: application/json' \\\n    -d '{\"topic\":\"chat\",\"message\":{\"hello\":\"world\"}}'\n",
		trust, r.HTTP, r.App, token)

	b.WriteString("\nIn the consoles of two tabs that show \"Try it\" (browsers keep other pages from this machine); then say(…) in one:\n\n")
	fmt.Fprintf(&b, "  ws = new WebSocket('%s', ['tacet.v1', '%s']); ws.onmessage = e => console.log(e.data); "+
		"ws.onopen = () => ws.send('{\"type\":\"subscribe\",\"data\":{\"topic\":\"chat\"}}'); "+
		"say = m => ws.send(JSON.stringify({type: 'publish', data: {topic: 'chat', payload: m}}))\n",
		r.WebSocket, r.ClientToken)
	b.WriteString("  say({hello: 'world'})\n")

	fmt.Fprintf(&b, "\nTokens, good for %.0f hours, until %s; `%s token` makes others:\n\n",
		standalone.TokenLife.Hours(), r.Expires.Local().Format("Monday 15:04"), program)
	line("client", r.ClientToken)
	line("admin", r.AdminToken)
	b.WriteString("\nCtrl-C stops it.\n\n")
	return b.String()
}

// clientFlags returns the flags by which the other commands find the platform;
// none if they find it by themselves.
func clientFlags(program string, s *config.Standalone, r standalone.Running) string {
	if s.Memory {
		return " --url " + r.WebSocket + " --token " + r.ClientToken
	}
	// They look into the folder at hand, too; but only "go run" is sure to be
	// called from the same one.
	found, err := running("")
	if err == nil && found.PID == r.PID && (s.Data == folders("")[0] || program == goRun) {
		return ""
	}
	return " --data " + quote(s.Data)
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
