package runtime

import (
	"os/exec"
	goruntime "runtime"
	"sync"
	"time"
)

// thread is a thread of the operating system from which all processes are
// started. It lives as long as they do: what ends a child with its parent on
// Linux ends it with the thread that started it (prctl(2), PR_SET_PDEATHSIG).
type thread struct {
	work chan func()

	mu        sync.Mutex
	processes map[*process]struct{}
	hurry     bool
}

func newThread() *thread {
	t := &thread{work: make(chan func()), processes: map[*process]struct{}{}}
	go func() {
		goruntime.LockOSThread()
		for do := range t.work {
			do()
		}
	}()
	return t
}

func (t *thread) end() { close(t.work) }

// start starts a process in a group of its own.
func (t *thread) start(c command, dir string, env []string, output *lines) (*process, error) {
	cmd := exec.Command(c.path, c.args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdout, cmd.Stderr = output, output
	cmd.WaitDelay = lastWords
	cmd.SysProcAttr = attributes()
	p := &process{cmd: cmd, output: output, thread: t, ended: make(chan struct{})}
	started := make(chan error)
	t.work <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.processes[p] = struct{}{}
	hurry := t.hurry
	t.mu.Unlock()
	if hurry {
		p.kill()
	}
	return p, nil
}

// killAll ends all processes by force, and those that are yet to come.
func (t *thread) killAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hurry = true
	for p := range t.processes {
		p.kill()
	}
}

// lastWords is how long the output of a process that has ended is read, when
// somebody else still holds its end.
const lastWords = 100 * time.Millisecond

// process is a child, and whatever it starts.
type process struct {
	cmd    *exec.Cmd
	output *lines
	thread *thread
	ended  chan struct{}
	state  string // how it ended, empty if as if all were well; set before ended is closed
}

// wait waits for the end.
func (p *process) wait() {
	_ = p.cmd.Wait() // how it ended says the state
	if s := p.cmd.ProcessState; s == nil || !s.Success() {
		p.state = s.String()
	}
	p.kill() // what it started and left behind
	p.output.flush()
	p.thread.mu.Lock()
	delete(p.thread.processes, p)
	p.thread.mu.Unlock()
	close(p.ended)
}

// kill ends the process by force.
func (p *process) kill() { p.signal(true) }

// end asks the process to end, and insists after a while.
func (p *process) end(grace time.Duration) {
	p.signal(false)
	time.AfterFunc(grace, p.kill)
}

func (p *process) signal(force bool) {
	select {
	case <-p.ended: // its number may be another's by now
	default:
		signal(p.cmd.Process, force)
	}
}
