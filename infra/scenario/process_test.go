package scenario_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	// The program is built below by the go command, out of sight of the test
	// cache: this makes it notice when the program changes.
	_ "tacet/infra/tacet/command"
)

var built struct {
	once   sync.Once
	folder string
	err    error
}

func TestMain(m *testing.M) {
	status := m.Run()
	if built.folder != "" {
		os.RemoveAll(built.folder)
	}
	os.Exit(status)
}

// program returns the path of the command, built once.
func program(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves out what needs a process of its own")
	}
	built.once.Do(func() {
		if built.folder, built.err = os.MkdirTemp("", "tacet-scenario-*"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.folder, "tacet"), "tacet/infra/tacet").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.folder, "tacet")
}

// process is a platform that runs as somebody else would run it.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	log   *bytes.Buffer // standard error; not to be read while it runs
	ended chan struct{}
	line  string // what it said when it listened

	WebSocket   string `json:"websocket"`
	HTTP        string `json:"http"`
	Console     string `json:"console"`
	App         string `json:"app"`
	ClientToken string `json:"client_token"`
	AdminToken  string `json:"admin_token"`
}

// run starts a platform in the folder and waits until it listens. It ends
// with the test.
func run(t *testing.T, folder string, flags ...string) *process {
	t.Helper()
	p := &process{t: t, log: new(bytes.Buffer), ended: make(chan struct{})}
	p.cmd = exec.Command(program(t), append([]string{"run", "--listen", "127.0.0.1:0", "--json", "--log-level", "warn"}, flags...)...)
	p.cmd.Dir, p.cmd.Stderr = folder, p.log
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan []byte, 1)
	go func() {
		lines := bufio.NewReader(out)
		line, _ := lines.ReadBytes('\n')
		said <- line
		_, _ = io.Copy(io.Discard, lines)
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.stop)
	select {
	case line := <-said:
		p.line = string(line)
		if err := json.Unmarshal(line, p); err != nil {
			p.kill()
			t.Fatalf("it said %q: %v\n%s", line, err, p.log)
		}
	case <-time.After(5 * time.Minute): // functions may have to be built
		t.Fatal("it does not listen after five minutes")
	}
	return p
}

// stop ends it as an operator does, and fails the test if that takes long.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.t.Error("it did not end within 20 seconds of SIGTERM")
		p.kill()
	}
	if p.t.Failed() && p.log.Len() > 0 {
		p.t.Logf("the log of the platform:\n%.4000s", p.log)
	}
}

// kill ends it without a word.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// get returns the JSON that the API answers to a GET.
func (p *process) get(path string, into any) {
	p.t.Helper()
	request, err := http.NewRequest(http.MethodGet, p.HTTP+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.AdminToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		p.t.Fatalf("GET %s: %v: %s", path, err, body)
	}
}

// today is what was remembered of this day and the one before, in case
// midnight passes.
type today struct{ Messages, Connections, Disconnections int }

func (p *process) today() today {
	p.t.Helper()
	var answer struct{ Days []today }
	p.get("/telemetry/aggregates/"+p.App+"/2", &answer)
	var sum today
	for _, d := range answer.Days {
		sum.Messages += d.Messages
		sum.Connections += d.Connections
		sum.Disconnections += d.Disconnections
	}
	return sum
}

// resident returns how much memory it has, in bytes.
func (p *process) resident() int {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Skip("memory is measured in /proc: ", err)
	}
	for line := range strings.Lines(string(status)) {
		if field := strings.Fields(line); field[0] == "VmRSS:" {
			kib, err := strconv.Atoi(field[1])
			if err != nil {
				p.t.Fatal(err)
			}
			return kib << 10
		}
	}
	p.t.Fatal("there is no VmRSS in /proc")
	return 0
}

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatal("in vain waited for: ", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
