package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Options say what to run. The zero value runs what Find finds, in memory.
type Options struct {
	// Folder is where DynamoDB Local is: its jar files, with those that it needs.
	// "" is what Find returns.
	Folder string
	// Data is the folder that tables are kept in. "" keeps them in memory.
	Data string
	// Apart gives each access key id tables of its own: whoever does not know an
	// id that was made at random finds nothing. Otherwise all see the same.
	Apart bool
}

// Local is a running DynamoDB Local.
type Local struct {
	Endpoint string // its URL

	process *exec.Cmd
	alive   io.Closer // the other end of what the process waits for
	said    *beginning
	ended   chan struct{} // closed when the process is gone
	stop    sync.Once
}

// patience is how long it may take to start; two seconds are usual.
const patience = time.Minute

// watch is a shell that outlives nobody: when its parent is gone, by whatever
// death, its input ends, and it ends the process that it started. It ends, too,
// when that process does. What runs in the background of a shell has no input
// of the shell's, so it is passed on under another number.
const watch = `exec 3<&0
"$@" >&2 3<&- & process=$!
{ cat <&3; kill "$process"; } >/dev/null 2>&1 & watcher=$!
exec 3<&-
wait "$process"
kill "$watcher" 2>/dev/null`

// Start starts DynamoDB Local on a free port and waits until it answers, or ctx
// ends. The caller stops it.
func Start(ctx context.Context, o Options) (*Local, error) {
	folder, err := o.folder()
	if err != nil {
		return nil, err
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("DynamoDB Local needs Java, and there is no program java: install a Java runtime from version 17 on (Debian: apt-get install default-jre-headless), or say --dynamodb URL for one that runs already: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	where := []string{"-inMemory"}
	if !o.Apart {
		where = append(where, "-sharedDb")
	}
	if o.Data != "" {
		if err := os.MkdirAll(o.Data, 0o700); err != nil {
			return nil, err
		}
		where = append(where[1:], "-dbPath", o.Data)
	}
	l := &Local{Endpoint: "http://127.0.0.1:" + strconv.Itoa(port), said: new(beginning), ended: make(chan struct{})}
	l.process = exec.Command("sh", append([]string{
		"-c", watch, "sh",
		java, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dsqlite4java.library.path=" + folder, "-cp", filepath.Join(folder, "*"),
		"software.amazon.dynamodb.services.local.main.ServerRunner",
		"-disableTelemetry", "-port", strconv.Itoa(port),
	}, where...)...)
	l.process.Stderr = l.said
	apart(l.process)
	if l.alive, err = l.process.StdinPipe(); err != nil {
		return nil, err
	}
	if err := l.process.Start(); err != nil {
		return nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	go func() {
		_ = l.process.Wait() // it was killed, and says so
		close(l.ended)
	}()
	if err := l.await(ctx); err != nil {
		l.Stop()
		return nil, fmt.Errorf("DynamoDB Local does not answer: %w; it said: %s", err, l.said)
	}
	return l, nil
}

// Stop ends it and waits for its end.
func (l *Local) Stop() {
	l.stop.Do(func() { _ = l.alive.Close() })
	<-l.ended
}

// Ended is closed when the process is gone, by itself or stopped.
func (l *Local) Ended() <-chan struct{} { return l.ended }

var errEnded = errors.New("it has ended by itself")

// await waits until it answers: that the request is not signed is an answer.
func (l *Local) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.Endpoint, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			return response.Body.Close()
		}
		select {
		case <-tick.C:
		case <-l.ended:
			return errEnded
		case <-ctx.Done():
			return err
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// beginning is what a process says at first: why it could not start stands
// there. It keeps no more, because what it says later may quote what it holds.
type beginning struct {
	mu   sync.Mutex
	text []byte
}

func (b *beginning) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p[:min(len(p), 4096-len(b.text))]...)
	return len(p), nil
}

func (b *beginning) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}
