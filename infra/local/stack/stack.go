package stack

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"tacet/core/account"
	"tacet/infra/config"
	"tacet/infra/dynamo"
	"tacet/infra/local/apihost"
	"tacet/infra/local/dynamodb"
	"tacet/infra/local/gateway"
	"tacet/infra/local/guard"
	"tacet/infra/local/runtime"
	"tacet/infra/local/site"
	"tacet/infra/local/template"
)

// Options say what to run. Settings and AWS have been validated.
type Options struct {
	Settings config.Standalone
	AWS      config.AWS
	Log      *slog.Logger
	// Step is told of each step that may take a while, and calls done at its
	// end. Nil tells nobody.
	Step func(what string) (done func())

	// The rest is for tests. Parameters are those of the template. Every replaces
	// the rates of all schedules, and batches of streams gather for no longer. SettleSeconds is how
	// long deletions wait for what was on its way; zero is as long as on AWS.
	Parameters    map[string]string
	Every         time.Duration
	SettleSeconds int
	Trouble       func(guard.Call) guard.Trouble
	Lambda        runtime.Hostile
	Gateway       gateway.Hostile
}

// Stack is a platform that runs. Made by Start; Stop frees what it has.
type Stack struct {
	opts     Options
	log      *slog.Logger
	template *template.Template
	root     string // of the repository; "" if it was not needed
	folder   site.Folder
	running  site.Running
	secret   string // that every function signs with

	local     *dynamodb.Local   // nil if somebody else's is used
	endpoint  string            // of DynamoDB, behind the guard
	owner     string            // the access key id that has the tables there
	programs  map[string]string // folders of functions, by logical id
	database  *dynamo.Client    // past the guard
	accounts  *account.Service
	host      *runtime.Host
	functions map[string]*runtime.Function // by logical id
	gateway   *gateway.Gateway
	guard     *guard.Guard
	inside    string       // its URL
	inner     *http.Server // the guard
	outer     *http.Server

	failed  chan error
	cancel  context.CancelFunc
	feeding sync.WaitGroup // streams and schedules
}

// Start starts a platform and returns when it listens. An error is a text for
// whoever started it: what is in the way, and what to do about it. When ctx ends
// before, the start is given up.
func Start(ctx context.Context, o Options) (*Stack, error) {
	if o.Step == nil {
		o.Step = func(string) func() { return func() {} }
	}
	s := &Stack{opts: o, log: o.Log, folder: site.Folder(o.Settings.Data), secret: rand.Text(), failed: make(chan error, 1), functions: map[string]*runtime.Function{}}
	if o.Settings.Memory {
		s.folder = ""
	}
	if err := s.start(ctx); err != nil {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveUp)
		defer cancel()
		return nil, errors.Join(err, s.release(bounded))
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context) error {
	if err := s.read(); err != nil {
		return err
	}
	if err := s.free(); err != nil {
		return err
	}
	secure, certificate, err := site.Secure(&s.opts.Settings, s.folder)
	if err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	d, err := s.folder.Development()
	if err != nil {
		return err
	}
	if err := s.makeTables(ctx, d); err != nil {
		return err
	}
	if err := s.assemble(d); err != nil {
		return err
	}
	if err := s.warm(ctx); err != nil {
		return err
	}
	if err := s.provision(ctx, d); err != nil {
		return err
	}
	return s.open(secure, certificate, d)
}

// free makes the data folder, and finds out whether another platform uses it:
// its note is there, and somebody answers.
func (s *Stack) free() error {
	if err := s.folder.Make(); err != nil {
		return err
	}
	r, err := site.ReadRunning(string(s.folder))
	if err != nil || r.PID == os.Getpid() || !r.Answers() {
		return nil
	}
	return r.InUse(s.folder)
}

// prepare builds the functions, and starts DynamoDB meanwhile.
func (s *Stack) prepare(ctx context.Context) error {
	var started error
	var starting sync.WaitGroup
	starting.Go(func() { started = s.startDynamoDB(ctx) })
	err := s.compile(ctx)
	starting.Wait()
	return errors.Join(err, started)
}

func (s *Stack) compile(ctx context.Context) error {
	var err error
	if from := s.opts.AWS.Functions; from != "" {
		if s.programs, err = apihost.Built(from, s.template); err != nil {
			return err
		}
		for _, f := range s.template.Functions {
			if s.programs[f.ID] == "" {
				return fmt.Errorf("the function %s is not in --functions %s: sam build puts it there", f.ID, from)
			}
		}
		return nil
	}
	var ids []string
	for _, f := range s.template.Functions {
		ids = append(ids, f.ID)
	}
	defer s.opts.Step("building the functions")()
	s.programs, err = build(ctx, s.root, ids)
	return err
}

// warm starts each function once: one that does not come up is found now, and
// nobody waits when something is sent for the first time.
func (s *Stack) warm(ctx context.Context) error {
	defer s.opts.Step("starting the functions")()
	var all sync.WaitGroup
	failed := make([]error, len(s.template.Functions))
	for i, f := range s.template.Functions {
		if f.Reserved != nil && *f.Reserved == 0 {
			continue // that is how one is switched off
		}
		all.Go(func() {
			if err := s.functions[f.ID].Warm(ctx, 1); err != nil {
				failed[i] = fmt.Errorf("the function %s does not start; what it says is in the log (%w)", f.ID, err)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// open begins to listen, for people and for streams and schedules.
func (s *Stack) open(secure *tls.Config, certificate []byte, d site.Development) error {
	l, err := site.Listen(s.opts.Settings.Listen, secure)
	if err != nil {
		return err
	}
	session, _, err := s.accounts.SignIn(context.Background(), site.Operator)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if s.running, err = s.folder.Announce(&s.opts.Settings, l.Addr(), certificate, d, session, time.Now()); err != nil {
		return errors.Join(err, l.Close())
	}
	s.serve(s.outer, l)
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.feeding.Go(func() { s.folder.StayIn(ctx, s.running, s.accounts, renewal, s.log) })
	return s.feed(ctx)
}

// serve serves until the server is shut down; that it ends by itself is a
// failure.
func (s *Stack) serve(server *http.Server, l net.Listener) {
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("the listener failed: %w", err))
		}
	}()
}

// Stage returns the name of the WebSocket API's stage: its path, as on a bare
// API Gateway endpoint.
func (s *Stack) Stage() string { return s.stage().Name }

// stage returns the stage of the WebSocket API.
func (s *Stack) stage() *template.Stage { return s.template.WebSocketAPIs[0].Stage("") }

// fail says that the platform has stopped by itself. The first reason counts.
func (s *Stack) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// Running says how to use the platform.
func (s *Stack) Running() site.Running { return s.running }

// Failed delivers the error by which the platform stopped by itself, if it ever
// does.
func (s *Stack) Failed() <-chan error { return s.failed }

// Connections returns how many are open.
func (s *Stack) Connections() int { return s.gateway.Len() }

// Guard returns what stands between the functions and AWS, and has counted what
// they call.
func (s *Stack) Guard() *guard.Guard { return s.guard }

// Database returns a client that may do everything with the tables, past the
// guard. They are called by their logical ids unless the template says how.
func (s *Stack) Database() *dynamo.Client { return s.database }
