package scenario_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// However the platform ends, no process of it is left, and what was kept is
// there at the next start.
func TestTheShapeOnAWSLeavesNothingBehind(t *testing.T) {
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	data, app := t.TempDir(), ""
	for i, end := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		p := run(t, repository, "--aws", "--data", data)
		if app == "" {
			app = p.App
		}
		if p.App != app {
			t.Errorf("the application is another one: %s", p.App)
		}
		p.dial(t)
		until(t, "the connection to be remembered", func() bool { return p.today().Connections == i+1 })
		started := descendants(p.cmd.Process.Pid)
		if len(started) < 12 { // ten functions, a shell and Java
			t.Errorf("it has only %d processes", len(started))
		}
		if err := p.cmd.Process.Signal(end); err != nil {
			t.Error(err)
		}
		<-p.ended
		until(t, "the end of all processes", func() bool { return !slices.ContainsFunc(started, alive) })
		if note := filepath.Join(data, "running.json"); end == syscall.SIGTERM {
			if _, err := os.Stat(note); err == nil {
				t.Error("the folder says that a platform runs")
			}
		}
	}
}

// stat returns the state of a process, and its parent.
func stat(pid int) (state string, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, ok := strings.Cut(string(text), ") ")
	if fields := strings.Fields(after); err == nil && ok && len(fields) > 1 {
		parent, _ = strconv.Atoi(fields[1])
		return fields[0], parent
	}
	return "", 0
}

// alive reports whether a process does anything any more.
func alive(pid int) bool {
	state, _ := stat(pid)
	return state != "" && state != "Z"
}

// descendants returns what a process has started, and these.
func descendants(of int) []int {
	all, _ := filepath.Glob("/proc/[0-9]*")
	children := map[int][]int{}
	for _, folder := range all {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if _, parent := stat(pid); err == nil && parent != 0 {
			children[parent] = append(children[parent], pid)
		}
	}
	var found []int
	for queue := children[of]; len(queue) > 0; queue = queue[1:] {
		found = append(found, queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return found
}
