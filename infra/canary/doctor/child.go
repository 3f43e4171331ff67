package doctor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tacet/infra/local/site"
)

// child is a platform that runs in a process of its own.
type child struct {
	*exec.Cmd
	facts site.Facts
	ended chan struct{}
	log   *os.File
}

// life says how a platform is run.
type life struct {
	name    string
	proxies int
	// traceback is what is printed of a crash: see GOTRACEBACK in package runtime.
	traceback string
}

// start runs the platform, and returns when it listens.
func (x *examination) start(ctx context.Context, l life) (*child, error) {
	log, err := os.OpenFile(filepath.Join(x.logs(), l.name+".log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	c := &child{Cmd: exec.Command(x.Program), ended: make(chan struct{}), log: log}
	c.Args = []string{"tacet", "run", "--listen", "127.0.0.1:0", "--data", x.data(), "--json", "--log-level", "debug", "--log-format", "json", "--trusted-proxies", fmt.Sprint(l.proxies)}
	if x.AWS {
		c.Args = append(c.Args, "--aws", "--dynamodb", x.dynamo.Endpoint)
	} else {
		c.Dir = x.work()
	}
	c.Env = append(x.environment(), "GOTRACEBACK="+l.traceback)
	c.Stderr = log
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	line := make(chan []byte, 1)
	go func() {
		text, _ := bufio.NewReader(out).ReadBytes('\n') // nothing means that it has ended
		line <- text
		_ = c.Wait() // the state says how it ended
		close(c.ended)
	}()
	limit := starting
	if x.AWS {
		limit = startingAWS
	}
	select {
	case text := <-line:
		err = json.Unmarshal(text, &c.facts)
	case <-time.After(limit):
		err = errors.New("it does not listen")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the platform does not start (what it said is in %s): %w", log.Name(), err), c.end(os.Kill))
	}
	return c, nil
}

// environment is what a platform of our own is told: nothing that was meant for
// another one, and where to send traces.
func (x *examination) environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		for _, prefix := range []string{"TACET_", "OTEL_", "GOTRACEBACK=", "TMPDIR=", "TMP=", "TEMP="} {
			if strings.HasPrefix(v, prefix) {
				return true
			}
		}
		return false
	})
	env = append(env, "TMPDIR="+x.temporary(), "TMP="+x.temporary(), "TEMP="+x.temporary())
	if x.AWS {
		return env // functions send no traces
	}
	return append(env,
		"OTEL_EXPORTER_OTLP_ENDPOINT="+x.spans.url, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_BSP_SCHEDULE_DELAY=200")
}

// end ends the process with a signal, or by force if that takes too long.
func (c *child) end(by os.Signal) error {
	if err := c.Process.Signal(by); err != nil {
		_ = c.Process.Kill() // there are no signals, or it has ended
	}
	var late error
	select {
	case <-c.ended:
	case <-time.After(ending):
		late = fmt.Errorf("the platform did not end within %s after %v", ending, by)
		_ = c.Process.Kill() // it may just have ended
		<-c.ended
	}
	return errors.Join(late, c.log.Close())
}
