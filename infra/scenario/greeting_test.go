//go:build linux

package scenario_test

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// Whoever starts the platform on a terminal is shown lines to copy. Each works
// as it stands.
func TestLinesToCopyWorkAsTheyStand(t *testing.T) {
	for _, data := range []string{"--data data", "--memory"} {
		t.Run(strings.TrimLeft(data, "-"), func(t *testing.T) { copyLines(t, data) })
	}
}

func copyLines(t *testing.T, data string) {
	shell := terminal{t: t, folder: t.TempDir()}
	shell.path = filepath.Dir(program(t))
	var show screen
	cmd := shell.command(context.Background(), "exec tacet run --listen 127.0.0.1:0 "+data, &show)
	cmd.Stderr = newTTY(t, &show.trouble)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	until(t, "the platform to say how to use it", func() bool { return contains(show.trouble.String(), "Ctrl-C stops it.") })
	greeting := show.trouble.String()

	page := open(t, browser(t), word(t, greeting, `Try it +(\S+)`))
	page.await(word(t, greeting, `(?m)^  (ws = new WebSocket.*)$`), nil)
	heard := func(what string) {
		t.Helper()
		until(t, what+" to be heard", func() bool { return contains(page.heard(), what) })
	}
	heard(`"welcome"`)
	subscriber := shell.background(word(t, greeting, `(?m)^  (.*tacet subscribe .*)$`))
	until(t, "tacet subscribe to listen", func() bool { return contains(subscriber.trouble.String(), "subscribed to") })

	shell.run(word(t, greeting, `(?m)^  (.*tacet publish .*)$`))
	heard(`"payload":{"hello":"world"}`)
	answer := shell.run(word(t, greeting, `(?ms)^  (curl .*?)\n\n`))
	if !contains(answer, `"matched":`) {
		t.Errorf("curl shows %s", answer)
	}
	heard(`"data":{"hello":"world"}`)
	page.await(word(t, greeting, `(?m)^  (say\(.*\))$`), nil)
	until(t, "all three to reach tacet subscribe", func() bool { return strings.Count(subscriber.out.String(), "world") == 3 })
}

// word returns what a pattern finds in a text.
func word(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("there is no %s in\n%s", pattern, text)
	}
	return found[1]
}
