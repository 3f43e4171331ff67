// Package dynamotest runs DynamoDB Local for tests and makes tables in it.
//
// It promises that the process ends with the test program, however that ends,
// and that nothing of it is left: everything is in memory. It does not promise
// that DynamoDB itself would have answered the same: it knows no throttling,
// its indexes lag behind nothing, and it asks for no rights. It listens on all
// interfaces, because it cannot do otherwise; the port is a random one, and
// what it holds are tests' inventions.
package dynamotest

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
	"strings"
	"time"
)

// Local is a running DynamoDB Local.
type Local struct {
	Endpoint string // its URL

	process *exec.Cmd
	alive   io.Closer // the other end of what the process waits for
}

// patience is how long it may take to start; two seconds are usual.
const patience = time.Minute

// Start starts DynamoDB Local on a free port and waits until it answers. The
// caller stops it.
func Start() (*Local, error) {
	lib, err := folder()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	// The shell outlives nobody: when the test program is gone, by whatever
	// death, its input ends, and it ends the process that it started.
	const watch = `"$@" >&2 & process=$!; cat >/dev/null; kill "$process"; wait "$process"`
	cmd := exec.Command("sh", "-c", watch, "sh",
		"java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dsqlite4java.library.path="+lib, "-cp", filepath.Join(lib, "*"),
		"software.amazon.dynamodb.services.local.main.ServerRunner", "-inMemory", "-disableTelemetry", "-port", strconv.Itoa(port))
	var said strings.Builder
	cmd.Stderr = &said
	alive, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	l := &Local{Endpoint: "http://127.0.0.1:" + strconv.Itoa(port), process: cmd, alive: alive}
	if err := l.await(); err != nil {
		l.Stop()
		return nil, fmt.Errorf("DynamoDB Local does not answer: %w; it said: %s", err, said.String())
	}
	return l, nil
}

// Stop ends it and waits for its end.
func (l *Local) Stop() {
	_ = l.alive.Close()
	_ = l.process.Wait() // it was killed, and says so
}

// await waits until it answers: that the request is not signed is an answer.
func (l *Local) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
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
		case <-ctx.Done():
			return err
		}
	}
}

// folder returns where the project keeps DynamoDB Local.
func folder() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			break
		}
		if at == filepath.Dir(at) {
			return "", errors.New("there is no go.mod above the working directory")
		}
	}
	lib := filepath.Join(at, ".build", "dynamodb")
	if _, err := os.Stat(filepath.Join(lib, ".fetched")); err != nil {
		return "", errors.New("DynamoDB Local is not in .build/dynamodb: make test fetches it, and so does .tools/dynamodb/fetch alone")
	}
	return lib, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
