package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tacet/infra/canary"
	"tacet/infra/canary/atrest"
	"tacet/infra/canary/paths"
	"tacet/infra/local/dynamodb"
	"tacet/infra/local/site"
)

// examination is one that goes on.
type examination struct {
	Options
	folder  string
	markers canary.Set
	planted []plant
	spans   *spans
	dynamo  *dynamodb.Local // nil on one machine
	report  *Report

	tokens  []canary.Marker
	export  []byte
	metrics map[string][]byte
	backups []string // files
}

func (x *examination) below(name string) string { return filepath.Join(x.folder, name) }
func (x *examination) data() string             { return x.below("data") }
func (x *examination) temporary() string        { return x.below("tmp") }
func (x *examination) work() string             { return x.below("work") }
func (x *examination) logs() string             { return x.below("logs") }
func (x *examination) scratch() string          { return x.below("scratch") }

// Examine runs a platform and examines it. The error says why that could not be
// done to its end; what was found is in the report.
func Examine(ctx context.Context, o Options) (*Report, error) {
	x := &examination{Options: o, markers: canary.NewSet(), metrics: map[string][]byte{}}
	x.report = &Report{Host: "one process", Plant: o.Plant, Began: time.Now().UTC()}
	if o.AWS {
		x.report.Host = "as on AWS"
	}
	var err error
	if x.folder, err = os.MkdirTemp(o.Below, "tacet-doctor-*"); err != nil {
		return nil, err
	}
	for _, folder := range []string{x.data(), x.temporary(), x.work(), x.logs(), x.scratch()} {
		err = errors.Join(err, os.MkdirAll(folder, 0o700))
	}
	if err == nil {
		err = x.run(ctx)
	}
	x.report.settle()
	if x.Keep || x.report.Found != nil || err != nil {
		x.report.Folder = x.folder
		return x.report, err
	}
	return x.report, errors.Join(err, os.RemoveAll(x.folder))
}

func (x *examination) run(ctx context.Context) (err error) {
	if x.spans, err = receive(); err != nil {
		return err
	}
	defer x.spans.close()
	if x.AWS {
		x.tell("starting DynamoDB Local")
		if x.dynamo, err = startDynamo(ctx, x.below("dynamodb")); err != nil {
			return err
		}
		defer x.dynamo.Stop()
	}
	allowCores()
	for _, one := range []func(context.Context) error{x.wholeLife, x.killed, x.dumped} {
		if err := errors.Join(ctx.Err(), one(ctx)); err != nil {
			return err
		}
	}
	if x.Plant {
		x.tell("planting a marker into each kind of place")
		if err := x.plantAll(ctx); err != nil {
			return fmt.Errorf("plant markers: %w", err)
		}
	}
	return x.search(ctx)
}

// sender returns who sends markers to a platform of our own.
func (x *examination) sender(c *child) (*paths.Sender, error) {
	running, err := site.ReadRunning(x.data())
	if err != nil {
		return nil, err
	}
	if x.Around != nil {
		u, err := url.Parse(c.facts.HTTP)
		if err != nil {
			return nil, err
		}
		instead, err := x.Around(u.Host, x.data())
		if err != nil {
			return nil, err
		}
		c.facts.HTTP = strings.Replace(c.facts.HTTP, u.Host, instead, 1)
		c.facts.WebSocket = strings.Replace(c.facts.WebSocket, u.Host, instead, 1)
	}
	s := paths.New(paths.Target{
		HTTP: c.facts.HTTP, WebSocket: c.facts.WebSocket, App: string(c.facts.App), AWS: x.AWS, Session: running.Session,
		Client: paths.Signer{Secret: c.facts.ClientKey.Secret}, Admin: paths.Signer{Secret: c.facts.AdminKey.Secret},
	}, x.markers)
	s.Tell = func(path string) { x.tell("sending: " + path) }
	return s, nil
}

// wholeLife sends everything, looks at what only a running platform shows, and
// stops it while messages pass.
func (x *examination) wholeLife(ctx context.Context) error {
	x.tell("starting a platform")
	c, err := x.start(ctx, life{"1 stopped by SIGTERM", 1, "all"})
	if err != nil {
		return err
	}
	s, err := x.sender(c)
	if err != nil {
		return errors.Join(err, c.end(os.Kill))
	}
	s.All(ctx)
	x.askRunning(ctx, s)
	x.memory(c.Process.Pid, s)
	return x.endWhile(ctx, c, s, syscall.SIGTERM, "the process is stopped by SIGTERM while messages pass")
}

// killed lets a platform be killed in the middle. It trusts no proxy, so what
// X-Forwarded-For says is somebody's invention.
func (x *examination) killed(ctx context.Context) error {
	return x.shortLife(ctx, life{"2 killed by SIGKILL", 0, "all"}, syscall.SIGKILL, "the process is killed (SIGKILL) while messages pass, X-Forwarded-For is not believed")
}

// dumped lets a platform crash with all that the runtime prints, and a core
// file, if the system writes one.
func (x *examination) dumped(ctx context.Context) error {
	return x.shortLife(ctx, life{"3 crashed by SIGQUIT", 1, "crash"}, syscall.SIGQUIT, "the process crashes (SIGQUIT) and prints all goroutines while messages pass")
}

func (x *examination) shortLife(ctx context.Context, l life, by os.Signal, path string) error {
	x.tell("starting the platform again, on what it has kept")
	c, err := x.start(ctx, l)
	if err != nil {
		return err
	}
	s, err := x.sender(c)
	if err != nil {
		return errors.Join(err, c.end(os.Kill))
	}
	return x.endWhile(ctx, c, s, by, path)
}

// endWhile ends a platform while messages pass.
func (x *examination) endWhile(ctx context.Context, c *child, s *paths.Sender, by os.Signal, path string) error {
	var ended error
	s.Until(ctx, path, func() {
		x.tell("ending the platform: " + by.String())
		ended = c.end(by)
	})
	x.report.Sent = append(x.report.Sent, s.Sent()...)
	x.tokens = append(x.tokens, s.Tokens()...)
	return ended
}

// memory looks into the memory of the running platform.
func (x *examination) memory(pid int, s *paths.Sender) {
	x.tell("looking into the memory of the process")
	looker := canary.NewSearcher(append(x.markers.All(), s.Tokens()...))
	err := atrest.Process(looker, pid)
	x.report.Memory = Memory{Hits: looker.Hits()}
	for _, t := range looker.Searched() {
		x.report.Memory.Bytes += t.Bytes
	}
	if err != nil {
		x.report.Memory.Note = err.Error()
	}
}

// askRunning fetches what only a running platform gives.
func (x *examination) askRunning(ctx context.Context, s *paths.Sender) {
	x.export, _ = s.Export(ctx) // what failed is among what was sent
	if backup, err := s.Backup(ctx); err == nil && backup != nil {
		file := filepath.Join(x.scratch(), "running.backup")
		if os.WriteFile(file, backup, 0o600) == nil {
			x.backups = append(x.backups, file)
		}
	}
	for _, path := range []string{"/metrics", "/status", "/readyz"} {
		if text := s.Fetch(ctx, path); text != nil {
			x.metrics[path] = text
		}
	}
}
