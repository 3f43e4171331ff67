//go:build !windows

package scenario_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// readSection returns a section of the README.
func readSection(t *testing.T, title string) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(readme), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("the README has no section %q", title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// What the README says to type about accounts is typed, in one shell, one thing after the other.
func TestTheReadmesAccount(t *testing.T) {
	var script strings.Builder
	for _, m := range fenced.FindAllStringSubmatch(readSection(t, "Accounts"), -1) {
		switch m[1] {
		case "bash":
			script.WriteString(m[2])
		case "bash confirm": // somebody at a terminal repeats what he is asked
			command := strings.TrimSpace(m[2])
			script.WriteString("PHRASE=$({ " + command + " || true; } 2>&1 | sed -n \"s/.*--confirm '\\(.*\\)' until.*/\\1/p\")\n" + command + " --confirm \"$PHRASE\"\n")
		default:
			t.Errorf("nobody knows what to do with a block of kind %q", m[1])
		}
	}
	shell := terminal{t: t, folder: t.TempDir()}
	if err := os.Mkdir(filepath.Join(shell.folder, ".build"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program(t), filepath.Join(shell.folder, ".build", "tacet")); err != nil {
		t.Fatal(err)
	}
	p := run(t, shell.folder, "--data", ".tacet") // as make run does it
	here := strings.TrimPrefix(p.HTTP, "http://")
	shown := shell.run("export XDG_DATA_HOME=$PWD/home\n" + strings.ReplaceAll(script.String(), "127.0.0.1:8080", here))
	for _, want := range []string{"development  unlimited", "The signature holds", `deletion +completed`} {
		if !regexp.MustCompile(want).MatchString(shown) {
			t.Errorf("%q is not in what was shown:\n%s", want, shown)
		}
	}
	for _, file := range []string{"everything.zip", "me.zip", "deleted.json"} {
		if _, err := os.Stat(filepath.Join(shell.folder, file)); err != nil {
			t.Error(err)
		}
	}
}
