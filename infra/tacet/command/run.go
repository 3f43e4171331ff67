package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	"tacet/infra/config"
	"tacet/infra/local/site"
	"tacet/infra/local/stack"
	"tacet/infra/local/standalone"
	"tacet/infra/logging"
)

// run runs the platform until it is told to stop.
type run struct {
	config.Standalone
	config.AWS
	JSON asJSON `name:"json" help:"Print one line of JSON on standard output when everything listens, instead of the same for people."`
}

func (run) example() string {
	return `  tacet run
  tacet run --listen 127.0.0.1:0 --memory --json
  tacet run --listen :443 --domain realtime.example.org --data /var/lib/tacet
  tacet run --aws

The first start makes a development application with keys of its own and keeps
them in the data folder; later starts print the same one. Its tokens are shown
on a terminal only; elsewhere they are in running.json of the data folder.
`
}

// stopping is how long the platform gets to end: less than the five seconds
// after which whoever sent SIGTERM may send SIGKILL.
const stopping = 3500 * time.Millisecond

// platform is one that runs, whatever it is made of.
type platform interface {
	Running() site.Running
	Failed() <-chan error
	Connections() int
	Stop(ctx context.Context) error
}

// Validate returns what is wrong with the settings. The parser calls it.
func (r *run) Validate() error {
	return errors.Join(r.Standalone.Validate(), r.AWS.Validate(&r.Standalone))
}

// Run starts the platform, says how to use it, and waits.
func (r run) Run(ctx context.Context, c *console) error {
	if r.Data == "" && !r.Memory {
		if r.Data = config.UserData(runtime.GOOS, os.Getenv); r.Data == "" {
			return misused("there is no home folder to keep data in: say --data DIR, or --memory")
		}
	}
	level, err := logging.ParseLevel(r.LogLevel)
	if err != nil {
		return misuse{err}
	}
	format, err := logging.ParseFormat(r.LogFormat)
	if err != nil {
		return misuse{err}
	}
	log := logging.New(c.err, format, level)
	if err := withoutCore(); err != nil {
		log.Warn("a crash may leave a core file, with what passes at that moment in it: run it with ulimit -c 0", "error", err)
	}

	p, err := r.start(ctx, c, log)
	if err != nil {
		return err
	}
	if err := r.announce(c, p.Running()); err != nil {
		return errors.Join(err, stop(p))
	}
	var failure error
	select {
	case failure = <-p.Failed():
	case <-ctx.Done():
		if n := p.Connections(); n > 0 {
			c.say("tacet: stopping; telling connected clients (%d) to come back", n)
		}
	}
	return errors.Join(failure, stop(p))
}

func (r run) start(ctx context.Context, c *console, log *slog.Logger) (platform, error) {
	if !r.AWS.AWS {
		p, err := standalone.Start(r.Standalone, log)
		if err != nil {
			return nil, err // and not a nil pointer that is no nil
		}
		return p, nil
	}
	s, err := stack.Start(ctx, stack.Options{Settings: r.Standalone, AWS: r.AWS, Log: log, Step: c.step})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func stop(p platform) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopping)
	defer cancel()
	return p.Stop(ctx)
}

// announce says how to use the platform.
func (r run) announce(c *console, running site.Running) error {
	if r.JSON {
		return c.line(running.Facts)
	}
	_, err := fmt.Fprint(c.err, greeting{c.program, &r.Standalone, running, isTerminal(c.err)})
	return err
}
