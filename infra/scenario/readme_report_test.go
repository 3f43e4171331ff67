//go:build !windows

package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the README says to type about reports is typed.
func TestTheReadmesReports(t *testing.T) {
	var script strings.Builder
	for _, m := range fenced.FindAllStringSubmatch(readSection(t, "Reports"), -1) {
		if m[1] != "bash" {
			t.Errorf("nobody knows what to do with a block of kind %q", m[1])
		}
		script.WriteString(m[2])
	}
	shell := terminal{t: t, folder: t.TempDir()}
	if err := os.Mkdir(filepath.Join(shell.folder, ".build"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program(t), filepath.Join(shell.folder, ".build", "tacet")); err != nil {
		t.Fatal(err)
	}
	run(t, shell.folder, "--data", ".tacet", "--min-group", "1")
	before := "set -e\nexport XDG_DATA_HOME=$PWD/home\n.build/tacet publish chat 1\n"
	shown := shell.run(before + script.String() + "cat countries.csv\n")
	for _, want := range []string{"MESSAGES", "TOPIC", "chat ", "start,end,country,connections"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in what was shown:\n%s", want, shown)
		}
	}
}
