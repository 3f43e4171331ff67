//go:build !windows

package scenario_test

import (
	"strings"
	"testing"
)

// What the README says to type to watch a platform is typed.
func TestTheReadmesWatch(t *testing.T) {
	var script strings.Builder
	for _, m := range fenced.FindAllStringSubmatch(readSection(t, "Watch it"), -1) {
		if m[1] == "bash" {
			script.WriteString(m[2])
		}
	}
	shell := terminal{t: t, folder: t.TempDir()}
	p := run(t, shell.folder, "--data", ".tacet")
	shown := shell.run(strings.ReplaceAll(script.String(), "127.0.0.1:8080", strings.TrimPrefix(p.HTTP, "http://")))
	for _, want := range []string{`{"status":"ready"}`, `"connections": 0`, "tacet_messages_published_total 0", `tacet_http_requests_total{method="GET",route="/readyz",status="200"} 1`} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in what was shown:\n%s", want, shown)
		}
	}
	// The figures that it explains are there.
	for _, line := range strings.Split(readSection(t, "Watch it"), "\n") {
		if !strings.HasPrefix(line, "| `tacet_") {
			continue
		}
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		for name := range strings.SplitSeq(cell, ", ") {
			name, _, _ = strings.Cut(strings.Trim(name, "`"), "{")
			if hidden := name == "tacet_frames_answered_total" || name == "tacet_connects_total"; !hidden && !strings.Contains(shown, name) {
				t.Errorf("there is no figure %s", name)
			}
		}
	}
}
