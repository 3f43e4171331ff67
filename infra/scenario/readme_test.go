//go:build !windows

package scenario_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
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
	until(t, "the last message to reach the npm client", func() bool { return lines(listener.String()) == lines(printed) })
	compare(t, "the npm client", printed, listener.String())
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

// terminal runs what somebody types into a shell in a folder.
type terminal struct {
	t      *testing.T
	folder string
}

func (s terminal) command(ctx context.Context, script string, out *output) *exec.Cmd {
	s.t.Helper()
	cache, err := filepath.Abs("../../.build/npm")
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.folder, out, &out.trouble
	// What was fetched once is not fetched again: later runs need no network.
	cmd.Env = append(os.Environ(), "npm_config_cache="+cache, "npm_config_prefer_offline=true",
		"npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false", "NO_COLOR=1")
	// A terminal's input stays open: wscat ends when it does not.
	in, typing, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { in.Close(); typing.Close() })
	cmd.Stdin = in
	// What it starts ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// run runs a script to its end and returns what it wrote.
func (s terminal) run(script string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	var out output
	if err := s.command(ctx, script, &out).Run(); err != nil {
		s.t.Fatalf("%s\n%v\n%s%s\n(npm packages are fetched once, which needs a network)", script, err, &out, &out.trouble)
	}
	return out.String()
}

// background starts a script, which ends with the test.
func (s terminal) background(script string) *output {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out := new(output)
	cmd := s.command(ctx, script, out)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if s.t.Failed() {
			s.t.Logf("%s wrote\n%s%s", script, out, &out.trouble)
		}
	})
	return out
}

// output is what a program writes, to be read meanwhile.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	trouble bytes.Buffer // standard error; to be read when it has ended
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
