//go:build !windows

package scenario_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// terminal runs what somebody types into a shell in a folder.
type terminal struct {
	t      *testing.T
	folder string
	path   string // a folder of programs besides the usual ones
}

func (s terminal) command(ctx context.Context, script string, show *screen) *exec.Cmd {
	s.t.Helper()
	cache, err := filepath.Abs("../../.build/npm")
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.folder, &show.out, &show.trouble
	// What was fetched once is not fetched again: later runs need no network.
	cmd.Env = append(os.Environ(), "npm_config_cache="+cache, "npm_config_prefer_offline=true",
		"npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false", "NO_COLOR=1",
		"PATH="+s.path+":"+os.Getenv("PATH"))
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
	var show screen
	if err := s.command(ctx, script, &show).Run(); err != nil {
		s.t.Fatalf("%s\n%v\n%s%s\n(npm packages are fetched once, which needs a network)", script, err, &show.out, &show.trouble)
	}
	return show.out.String()
}

// background starts a script, which ends with the test.
func (s terminal) background(script string) *screen {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	show := new(screen)
	cmd := s.command(ctx, script, show)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if s.t.Failed() {
			s.t.Logf("%s wrote\n%s%s", script, &show.out, &show.trouble)
		}
	})
	return show
}

// screen is what a program writes to standard output and standard error.
type screen struct{ out, trouble output }

// output is what a program writes, to be read meanwhile.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
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
