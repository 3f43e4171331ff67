package standalone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/pubsub"
	"tacet/infra/config"
	"tacet/infra/httpapi/door"
	"tacet/infra/httpapi/manage"
	"tacet/infra/local/gateway"
	"tacet/infra/local/site"
	"tacet/infra/local/tracing"
	figures "tacet/infra/local/watch"
	"tacet/infra/logging"
	"tacet/infra/metrics"
)

// watching is what somebody sees by how the platform is doing.
type watching struct {
	counts   *metrics.Counts
	watch    *figures.Watch
	tracer   *tracing.Tracer // nil if nobody wants traces
	stopping atomic.Bool
	rolled   atomic.Int64 // when telemetry was last summed up, in seconds; 0 for not yet
	asking   question
	beside   http.Handler // what the API and its figures are behind
	aside    *http.Server // the listener of figures; nil without one
	at       net.Listener
}

// meter returns who is told of what happens.
func (p *Platform) meter() pubsub.Meter {
	all := []pubsub.Meter{p.counts}
	if p.log.Enabled(context.Background(), slog.LevelDebug) {
		all = append(all, logging.Verbs{Log: p.log})
	}
	if p.tracer != nil {
		all = append(all, tracing.Meter{})
	}
	return metrics.Several(all...)
}

// openTraces begins to send traces, if somebody wants them.
func (p *Platform) openTraces(s *config.Standalone) (err error) {
	if to := s.TracesURL(); to != "" {
		p.tracer, err = tracing.New(tracing.Options{Endpoint: to, Headers: s.TracesHeaders(), Version: config.Version(), Log: p.log})
	}
	return err
}

// closeTraces sends what is left of traces.
func (p *Platform) closeTraces(ctx context.Context) {
	if p.tracer != nil {
		bounded, cancel := context.WithTimeout(ctx, finishing/2)
		defer cancel()
		_ = p.tracer.Stop(bounded) // what fails is in the log
	}
}

// posting returns who posts for the service.
func (p *Platform) posting() pubsub.Poster {
	if p.tracer == nil {
		return p.poster
	}
	return p.tracer.Poster(p.poster)
}

// function returns a function as the gateway calls it.
func (p *Platform) function(name string, f interface {
	gateway.Handler
	gateway.EventHandler
},
) gateway.Handler {
	if p.tracer == nil {
		return f
	}
	return gateway.Func(p.tracer.Function(name, f.InvokeEvent))
}

// opened returns what greets connections.
func (p *Platform) opened(greet func(context.Context, string)) func(context.Context, string) {
	if p.tracer == nil {
		return greet
	}
	return p.tracer.Opened(greet)
}

// requests returns who is told of HTTP requests.
func (p *Platform) requests() door.Watch {
	counted := door.Watch{End: p.requested}
	if p.tracer == nil {
		return counted
	}
	return p.tracer.Watch().Also(counted)
}

// requested counts a request.
func (p *Platform) requested(_ context.Context, a door.Answered) {
	p.counts.Requested(metrics.Request{Route: a.Route, Method: a.Method, Status: a.Status})
}

// watched returns the API with figures beside it.
func (p *Platform) watched(s *config.Standalone, api manage.API) http.Handler {
	o := figures.Options{
		Counts: p.counts, Version: config.Version(), Node: string(p.service.Node), Connections: p.gateway.Len, Ready: p.ready, Ages: p,
		Jobs: p.waiting, Rolled: p.lastRoll, Reclaimed: p.disk.Reclaimed, Now: time.Now, Log: p.log,
	}
	if p.folder != "" {
		o.Space = func() (figures.Space, error) {
			used, free, err := p.disk.Space()
			return figures.Space{Used: used, Free: free}, err
		}
	}
	p.watch = figures.New(o)
	p.beside = api.Handler()
	return p.watch.Beside(p.beside, figures.Exposure{Here: s.TrustedProxies == 0, Operator: api.Operator})
}

// roll sums telemetry up, and notes when.
func (p *Platform) roll(ctx context.Context, now time.Time) error {
	err := p.disk.Telemetry.Roll(ctx, now)
	if err == nil {
		p.rolled.Store(now.Unix())
	}
	return err
}

func (p *Platform) lastRoll() time.Time {
	if at := p.rolled.Load(); at != 0 {
		return time.Unix(at, 0)
	}
	return time.Time{}
}

// waiting returns how many jobs are not done.
func (p *Platform) waiting(ctx context.Context) (int, error) {
	due, later, err := p.rights.Runner().Pending(ctx)
	n := len(due)
	if !later.IsZero() {
		n++ // one at least
	}
	return n, err
}

var errStopping = &fault.Error{Kind: fault.Unavailable, RetryAfter: comeBack, Text: "the server is about to stop: come back"}

// answering is how long the stores may take to answer who asks whether they do.
const answering = time.Second

// ready returns nil if requests can be answered.
func (p *Platform) ready(ctx context.Context) error {
	if p.stopping.Load() {
		return errStopping
	}
	return p.asking.ask(func() error {
		_, err := p.disk.Directory.Parts(context.WithoutCancel(ctx), account.ID("").Part().Kind, "", 1)
		return err
	})
}

// question is one that is asked once at a time, however many want to know.
type question struct {
	mu      sync.Mutex
	current *asked
}

type asked struct {
	done chan struct{}
	err  error
}

var errSilent = errors.New("the stores do not answer")

// ask returns what somebody else is asking, or what it asks itself.
func (q *question) ask(it func() error) error {
	q.mu.Lock()
	a := q.current
	if a == nil {
		a = &asked{done: make(chan struct{})}
		q.current = a
		go func() {
			a.err = it()
			q.mu.Lock()
			q.current = nil
			q.mu.Unlock()
			close(a.done)
		}()
	}
	q.mu.Unlock()
	timer := time.NewTimer(answering)
	defer timer.Stop()
	select {
	case <-a.done:
		return a.err
	case <-timer.C:
		return errSilent
	}
}

// openAside begins to listen for who wants figures, if that was asked for.
func (p *Platform) openAside(s *config.Standalone) error {
	if s.MetricsListen == "" {
		return nil
	}
	l, err := site.Listen(s.MetricsListen, nil)
	if err != nil {
		return fmt.Errorf("--metrics-listen: %w", err)
	}
	p.at, p.aside = l, site.Server(p.watch.Alone(p.beside, s.MetricsLocal()), p.log)
	p.running.Metrics = "http://" + l.Addr().String()
	return p.folder.Note(p.running)
}

func (p *Platform) serveAside() {
	if p.aside == nil {
		return
	}
	go func() {
		if err := p.aside.Serve(p.at); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("the listener of figures failed", "error", err)
		}
	}()
}

// closeAside stops showing figures. It is the last that ends before the stores:
// until then it says that the platform is about to stop.
func (p *Platform) closeAside() {
	if p.aside != nil {
		_ = p.at.Close() // in case that nobody has begun to serve
		_ = p.aside.Close()
	}
}
