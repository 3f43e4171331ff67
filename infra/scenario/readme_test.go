//go:build !windows

package scenario_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of the README, by what stands after the fence.
type block struct{ kind, text string }

var fenced = regexp.MustCompile("(?ms)^```([^\n]+)\n(.*?)^```$")

// readConversation returns the blocks of the README's conversation.
func readConversation(t *testing.T) []block {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## A conversation\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var blocks []block
	for _, m := range fenced.FindAllStringSubmatch(section, -1) {
		blocks = append(blocks, block{m[1], m[2]})
	}
	return blocks
}

// The README's conversation goes as it is written there: what it says to type
// is typed, what it says to save is saved, and what is shown is compared.
func TestTheReadmesConversation(t *testing.T) {
	blocks := readConversation(t)
	next := func(kind string) string {
		t.Helper()
		if len(blocks) == 0 || blocks[0].kind != kind {
			t.Fatalf("the next block of the README should be of kind %q: %+v", kind, blocks)
		}
		text := blocks[0].text
		blocks = blocks[1:]
		return text
	}
	shell := terminal{t: t, folder: t.TempDir()}
	p := run(t, shell.folder, "--data", ".tacet") // as make run does it
	page := open(t, browser(t), p.Console)

	shell.run(next("bash"))
	const script = ".tacet/listen.cjs"
	if err := os.WriteFile(filepath.Join(shell.folder, script), []byte(next("js "+script)), 0o600); err != nil {
		t.Fatal(err)
	}
	listener := shell.background(next("bash background"))
	until(t, "the npm client and the page to listen", func() bool { return p.subscribers("chat") == 2 })
	page.await(next("js browser"), nil)
	until(t, "the browser's own WebSocket to listen", func() bool { return p.subscribers("chat") == 3 })

	asked := next("bash")
	compare(t, "wscat", next("json"), shell.run(asked))
	told := next("bash")
	compare(t, "curl", next("json"), shell.run(told))
	page.await(next("js browser"), nil)

	shown := next("json browser")
	until(t, "the last message to reach the browser", func() bool { return lines(page.heard()) == lines(shown) })
	compare(t, "the browser", shown, page.heard())
	printed := next("text background")
	until(t, "the last message to reach the npm client", func() bool { return lines(listener.out.String()) == lines(printed) })
	compare(t, "the npm client", printed, listener.out.String())
	if len(blocks) > 0 {
		t.Errorf("nobody has tried %+v", blocks)
	}
}

func lines(text string) int { return len(strings.Split(strings.TrimSpace(text), "\n")) }

// compare holds what was shown against what the README says, where … stands
// for anything.
func compare(t *testing.T, who, want, got string) {
	t.Helper()
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(want)), "…", `[^"]*`)
	if !regexp.MustCompile("^" + pattern + "$").MatchString(strings.TrimSpace(got)) {
		t.Errorf("%s shows\n%s\nand the README says\n%s", who, got, want)
	}
}
