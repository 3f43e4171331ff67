package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"tacet/infra/local/dynamodb"
)

// Child is a server that runs.
type Child struct {
	URL string

	process *exec.Cmd
	alive   io.Closer // the other end of its input
}

// ErrNotInstalled says that what a server needs is not in .build. The error
// around it says how to get it there.
var ErrNotInstalled = errors.New("it is not installed")

const (
	patience = time.Minute     // for the first line
	farewell = 5 * time.Second // between the end of its input and its own
)

// Start starts the server of a folder of .tools: program, which is in .build/NAME
// if it has a slash, with script, which is in .tools/NAME. The caller stops it.
func Start(name, program, script string, args ...string) (*Child, error) {
	root, err := dynamodb.Repository(".")
	if err != nil {
		return nil, err
	}
	build := filepath.Join(root, ".build", name)
	if _, err := os.Stat(filepath.Join(build, ".installed")); err != nil {
		return nil, fmt.Errorf("%s: %w; run .tools/%s/install in %s (make test does it too)", name, ErrNotInstalled, name, root)
	}
	if strings.Contains(program, "/") {
		program = filepath.Join(build, program)
	}
	c := &Child{process: exec.Command(program, append([]string{filepath.Join(root, ".tools", name, script)}, args...)...)}
	c.process.Dir = build
	c.process.WaitDelay = farewell
	var said strings.Builder
	c.process.Stderr = &said
	out, err := c.process.StdoutPipe()
	if err == nil {
		c.alive, err = c.process.StdinPipe()
	}
	if err == nil {
		err = c.process.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := c.await(out); err != nil {
		c.Stop()
		return nil, fmt.Errorf("%s does not answer: %w; it said: %s", name, err, said.String())
	}
	return c, nil
}

// Stop ends it and waits for its end.
func (c *Child) Stop() {
	_ = c.alive.Close()
	late := time.AfterFunc(farewell, func() { _ = c.process.Process.Kill() })
	defer late.Stop()
	_ = c.process.Wait() // how it ended does not matter
}

// await reads the URL, and lets whatever comes after go nowhere.
func (c *Child) await(out io.Reader) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			_ = c.process.Process.Kill()
		}
	})
	defer stop()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		return err
	}
	c.URL = strings.TrimSpace(line)
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return nil
}
