package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"tacet/infra/load"
)

const (
	// stopPatience is how long a process may take to end by itself.
	stopPatience = 5 * time.Second
	// lastWords is how much of what it wrote to standard error is told when it does not start.
	lastWords = 2 << 10
)

// process is a server that was started.
type process struct {
	command *exec.Cmd
	ended   chan struct{}
	errors  *os.File // what it wrote to standard error
}

// start runs a command and reads what it prints until find says that it listens. What it prints afterwards is thrown
// away. With merged, standard error is read as well.
func start(ctx context.Context, command *exec.Cmd, merged bool, find func(line string) bool) (*process, error) {
	log, err := os.CreateTemp("", "tacet-peer-*.log")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(log.Name()) // the descriptor is enough
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	command.Stderr = log
	if merged {
		command.Stderr = command.Stdout
	}
	dieWithParent(command)
	if err := command.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	p := &process{command: command, ended: make(chan struct{}), errors: log}
	listens := make(chan struct{})
	go p.read(out, listens, find)
	select {
	case <-listens:
		return p, nil
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("%s does not listen: %w", command.Path, ctx.Err()), p.stop(stopPatience))
	case <-p.ended:
		return nil, errors.Join(fmt.Errorf("%s ended before it listened: %s", command.Path, p.lastWords()), log.Close())
	}
}

// read goes through the output to its end, then waits for the process.
func (p *process) read(out io.Reader, listens chan struct{}, find func(string) bool) {
	defer close(p.ended)
	lines := bufio.NewReader(out)
	for found := false; !found; {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		if found = find(strings.TrimSpace(line)); found {
			close(listens)
		}
	}
	_, _ = io.Copy(io.Discard, lines)
	_ = p.command.Wait() // how it ended is no news: we end it
}

// stop asks the process to end, and makes it when it does not within its patience.
func (p *process) stop(patience time.Duration) error {
	defer func() { _ = p.errors.Close() }()       // it was only written to by the process
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
		return nil
	case <-time.After(patience):
	}
	_ = p.command.Process.Kill()
	<-p.ended
	return fmt.Errorf("%s did not end within %s and was killed", p.command.Path, patience)
}

// lastWords is the end of standard error.
func (p *process) lastWords() string {
	info, err := p.errors.Stat()
	if err != nil {
		return "it left no word"
	}
	words := make([]byte, min(info.Size(), lastWords))
	n, _ := p.errors.ReadAt(words, info.Size()-int64(len(words)))
	return strings.TrimSpace(string(words[:n]))
}

// serve starts a command and makes of it a server; find fills in the address.
func serve(ctx context.Context, command *exec.Cmd, merged bool, server *load.Server, find func(line string) bool) (load.Server, error) {
	running, err := start(ctx, command, merged, find)
	if err != nil {
		return load.Server{}, err
	}
	server.PID = running.command.Process.Pid
	server.Stop = func() error { return running.stop(stopPatience) }
	return *server, nil
}
