package command

import (
	"fmt"
	"strings"

	"tacet/infra/local/apihost"
)

// apiGreeting is what somebody sees who starts a gateway: what the template
// has, where it is served, and what to mind.
type apiGreeting struct {
	facts apihost.Facts
	asked apihost.Options
}

func (g apiGreeting) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe WebSocket API %s, stage %s.\n\n", g.facts.API, g.facts.Stage)
	fact(&b, "WebSocket", g.facts.WebSocket)
	fact(&b, "Callbacks", g.facts.Management+"{id}")
	from := "started here, from where the template says"
	switch {
	case g.asked.Endpoint != "":
		from = g.asked.Endpoint
	case g.asked.Built != "":
		from = "started here, from " + g.asked.Built
	}
	fact(&b, "Functions", from)
	b.WriteByte('\n')
	for _, r := range g.facts.Routes {
		to := r.Function
		if to == "" {
			to = "(no function: it is accepted)"
		}
		fmt.Fprintf(&b, "  %-14s → %s%s\n", printable(r.Key), to, remarks(r))
	}
	section(&b, "Not supported here", g.facts.Unsupported)
	section(&b, "To mind", g.facts.Warnings)
	b.WriteString("\nCtrl-C stops it.\n")
	return b.String()
}

// remarks says what else there is to a route.
func remarks(r apihost.Route) string {
	var all []string
	if r.TwoWay {
		all = append(all, "answers on the socket")
	}
	if r.Authorizer != "" {
		all = append(all, "after the authorizer "+r.Authorizer)
	}
	if r.IAM {
		all = append(all, "signed with the key id and the secret "+apihost.Caller)
	}
	if r.APIKey {
		all = append(all, "with an API key")
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, "; ") + ")"
}

func section(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for _, line := range lines {
		fmt.Fprintf(b, "  %s\n", printable(line))
	}
}
