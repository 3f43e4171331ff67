package command_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/infra/local/site"
)

// process is a tacet that runs.
type process struct {
	*exec.Cmd
	facts  site.Facts
	stderr *safeBuffer
}

// safeBuffer may be read while a process writes to it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// mustRun starts `tacet run` on a data folder in a process of its own, and waits until it listens.
func mustRun(t *testing.T, data string) *process {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	p := &process{Cmd: exec.Command(os.Args[0]), stderr: new(safeBuffer)}
	p.Args = []string{"tacet", "run", "--listen", "127.0.0.1:0", "--data", data, "--json", "--log-level", "error"}
	p.Stderr = p.stderr
	out, err := p.StdoutPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill() // it has ended, if all went well
		_ = p.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.facts)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, p.stderr)
	}
	return p
}

func (p *process) mustSignal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// ended waits for the process and returns how it ended.
func (p *process) ended(t *testing.T, within time.Duration) *os.ProcessState {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Wait() // the state says it
	}()
	select {
	case <-done:
	case <-time.After(within):
		t.Fatalf("it has not ended within %s\n%s", within, p.stderr)
	}
	return p.ProcessState
}

func mustConnect(t *testing.T, f site.Facts) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, f.WebSocket, &websocket.DialOptions{Subprotocols: []string{"tacet.v1", f.ClientToken}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	if _, first, err := conn.Read(ctx); err != nil || !bytes.Contains(first, []byte(`"welcome"`)) {
		t.Fatalf("first frame: %s %v", first, err)
	}
	return conn
}

func TestSIGTERMEndsWithinFiveSecondsAndTellsClients(t *testing.T) {
	p := mustRun(t, t.TempDir())
	conns := make([]*websocket.Conn, 100)
	for i := range conns {
		conns[i] = mustConnect(t, p.facts)
	}
	codes := make(chan websocket.StatusCode, len(conns))
	for _, c := range conns {
		go func() {
			for {
				if _, _, err := c.Read(context.Background()); err != nil {
					codes <- websocket.CloseStatus(err)
					return
				}
			}
		}()
	}
	p.mustSignal(t, syscall.SIGTERM)
	if state := p.ended(t, 5*time.Second); state.ExitCode() != 0 {
		t.Errorf("%v\n%s", state, p.stderr)
	}
	for range conns {
		if code := <-codes; code != 4000 {
			t.Fatalf("closed with %d", code)
		}
	}
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	p := mustRun(t, t.TempDir())
	mustConnect(t, p.facts) // does not read: the platform waits for its answer to the close frame
	p.mustSignal(t, syscall.SIGINT)
	for deadline := time.Now().Add(patience); !strings.Contains(p.stderr.String(), "stopping"); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not stop")
		}
	}
	p.mustSignal(t, syscall.SIGINT)
	state := p.ended(t, patience)
	if w, ok := state.Sys().(syscall.WaitStatus); !ok || !w.Signaled() {
		t.Errorf("it ended by itself: %v", state)
	}
}

// Badger would try for ever to write into a folder that is not there.
func TestItEndsAlsoWhenTheDataFolderIsGone(t *testing.T) {
	data := t.TempDir()
	p := mustRun(t, data)
	mustConnect(t, p.facts).CloseNow()
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	p.mustSignal(t, syscall.SIGTERM)
	if state := p.ended(t, 5*time.Second); state.ExitCode() != 1 || !strings.Contains(p.stderr.String(), "is the folder still there?") {
		t.Errorf("%v\n%s", state, p.stderr)
	}
}

// What was acknowledged is there after a kill in the middle of writes.
func TestAKillLosesNothingAcknowledged(t *testing.T) {
	data := t.TempDir()
	p := mustRun(t, data)
	const publishers, enough = 4, 200
	acked := make(chan struct{}, 1<<16)
	var publishing sync.WaitGroup
	for range publishers {
		conn := mustConnect(t, p.facts)
		publishing.Go(func() {
			ctx := context.Background()
			for {
				if conn.Write(ctx, websocket.MessageText, []byte(`{"type":"publish","data":{"topic":"chat","id":"1","payload":1}}`)) != nil {
					return
				}
				if _, answer, err := conn.Read(ctx); err != nil {
					return
				} else if bytes.Contains(answer, []byte(`"ack"`)) {
					acked <- struct{}{}
				}
			}
		})
	}
	for range enough {
		<-acked
	}
	p.mustSignal(t, syscall.SIGKILL)
	p.ended(t, patience)
	publishing.Wait()
	atLeast := enough + len(acked)

	again := mustRun(t, data)
	if again.facts.App != p.facts.App || !again.facts.ClientKey.Secret.Equal(p.facts.ClientKey.Secret) {
		t.Error("another application")
	}
	before := p.facts
	before.WebSocket, before.HTTP = again.facts.WebSocket, again.facts.HTTP
	mustConnect(t, before)
	messages, connections := aggregates(t, before)
	if messages < atLeast || messages > atLeast+publishers {
		t.Errorf("%d were acknowledged, %d are known", atLeast, messages)
	}
	if connections < publishers {
		t.Errorf("%d had connected, %d are known", publishers, connections)
	}
}

func aggregates(t *testing.T, f site.Facts) (messages, connections int) {
	t.Helper()
	q, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/telemetry/aggregates/%s/2", f.HTTP, f.App), nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+f.AdminToken)
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	var report struct {
		Days []struct{ Messages, Connections int }
	}
	if err := errors.Join(err, json.Unmarshal(body, &report)); err != nil || a.StatusCode != 200 {
		t.Fatalf("%s %s %v", a.Status, body, err)
	}
	for _, d := range report.Days {
		messages += d.Messages
		connections += d.Connections
	}
	return messages, connections
}
