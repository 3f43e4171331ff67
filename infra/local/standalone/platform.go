package standalone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/rights"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/config"
	"tacet/infra/embedded"
	"tacet/infra/entry"
	"tacet/infra/jwks"
	"tacet/infra/local/gateway"
	"tacet/infra/local/site"
	"tacet/infra/metrics"
)

// Platform is a platform that runs. Made by Start; Stop frees what it has.
type Platform struct {
	log     *slog.Logger
	folder  site.Folder
	running site.Running

	apps     *app.Reader
	accounts *account.Service
	keys     keyring
	rights   *rights.Service
	jobs     *jobs
	links    site.Links

	disk    *embedded.Disk
	memory  *embedded.Memory
	poster  *poster
	service *pubsub.Service
	gateway *gateway.Gateway
	server  *http.Server
	watching

	ending  chan struct{} // closed when answers that go on for ever are to end
	failed  chan error    // the server's, if it ends by itself
	cancel  context.CancelFunc
	ticking sync.WaitGroup
}

// Stage is the path of WebSockets where the application stands in the query.
const Stage = "ws"

// Start starts a platform and returns when it listens. The settings have been
// validated. An error is a text for whoever started it: what is in the way and
// what to do about it.
func Start(s config.Standalone, log *slog.Logger) (*Platform, error) {
	p := &Platform{log: log, failed: make(chan error, 1), ending: make(chan struct{}), folder: site.Folder(s.Data)}
	p.counts = metrics.New()
	if s.Memory {
		p.folder = ""
	}
	if err := p.start(&s); err != nil {
		return nil, errors.Join(err, p.release())
	}
	return p, nil
}

func (p *Platform) start(s *config.Standalone) error {
	if err := p.folder.Make(); err != nil {
		return err
	}
	tls, certificate, err := site.Secure(s, p.folder)
	if err != nil {
		return err
	}
	if err := p.open(s); err != nil {
		return err
	}
	d, err := p.folder.Development()
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := p.openAccounts(ctx); err != nil {
		return err
	}
	if err := p.provision(ctx, d, plan.Name(s.Plan)); err != nil {
		return err
	}
	l, err := site.Listen(s.Listen, tls)
	if err != nil {
		return err
	}
	if err := p.begin(ctx, s, l, d, certificate); err != nil {
		return errors.Join(err, l.Close())
	}
	p.serve(l, tls != nil)
	return nil
}

// begin makes what serves a listener, and says how to use it.
func (p *Platform) begin(ctx context.Context, s *config.Standalone, l net.Listener, d site.Development, certificate []byte) error {
	origin := site.Origin(s, l.Addr(), certificate)
	if err := p.assemble(s, origin); err != nil {
		return err
	}
	session, _, err := p.accounts.SignIn(ctx, site.Operator)
	if err != nil {
		return err
	}
	if p.running, err = p.folder.Announce(s, l.Addr(), certificate, d, session, time.Now()); err != nil {
		return err
	}
	p.running.Link, _ = p.newLink(origin)
	return p.openAside(s)
}

// open opens the stores.
func (p *Platform) open(s *config.Standalone) error {
	var err error
	p.disk, err = embedded.Open(embedded.Options{
		Folder: string(p.folder), Now: time.Now,
		Trouble: func(what string, err error) { p.log.Error("the stores have trouble", "with", what, "error", err) },
	})
	if errors.Is(err, embedded.ErrInUse) {
		return inUse(p.folder, err)
	}
	p.memory = embedded.NewMemory(time.Now)
	return err
}

// inUse says who has the data folder, if it has left a note.
func inUse(f site.Folder, err error) error {
	r, noted := site.ReadRunning(string(f))
	if noted != nil {
		return err
	}
	return fmt.Errorf("%w (%w)", r.InUse(f), embedded.ErrInUse)
}

// assemble joins core, functions, gateway and HTTP.
func (p *Platform) assemble(s *config.Standalone, origin string) error {
	node, err := p.folder.Node()
	if err != nil {
		return err
	}
	// Only who has this machine for himself may name it as the place where a
	// key set is.
	sets := jwks.New(jwks.Options{Loopback: s.Local()})
	p.poster = new(poster)
	if err := p.openTraces(s); err != nil {
		return err
	}
	p.service = &pubsub.Service{
		Apps: p.apps, Connections: p.memory, Subscriptions: p.memory, Audience: p.memory, Rates: p.memory,
		Poster: p.posting(), Recorder: p.disk.Telemetry, Anonymiser: privacy.Anonymiser{Secrets: p.disk.Secrets},
		FetchKeys: sets.Keys,
		// The gateway's Opened does it: then the greeting is the first frame.
		Greet:     func(context.Context, wire.ConnID) error { return nil },
		CountOpen: p.memory.CountOpen,
		Trouble:   new(troubles).sink(p.log, time.Now),
		Now:       time.Now, Node: node,
		Meter: p.meter(),
	}
	if p.gateway, err = gateway.New(p.stage(s)); err != nil {
		return err
	}
	p.poster.gateway = p.gateway
	api, err := p.api(s, origin)
	if err != nil {
		return err
	}
	p.server = site.Server(site.Door(Stage, http.HandlerFunc(p.gateway.ServeWebSocket), p.watched(s, api)), p.log)
	p.server.RegisterOnShutdown(sync.OnceFunc(func() { close(p.ending) }))
	return nil
}

// slowReason is what a client is told with wire.CloseSlow.
const slowReason = "you read more slowly than your topics are written: come back"

// stage is the API as its template describes it to AWS.
func (p *Platform) stage(s *config.Standalone) gateway.Options {
	twoWay := func(h gateway.Handler) gateway.Route {
		return gateway.Route{Handler: h, ResponseSelection: true, Response: true}
	}
	subscribe := twoWay(p.function("frame", entry.Subscribe{Service: p.service, Log: p.log}))
	publish := twoWay(p.function("frame", entry.Publish{Service: p.service, Log: p.log}))
	publish.Waits = wire.MayHaveID // an ack waits until its record is on disk
	// A fresh token may have to wait for a key server, which must not hold up
	// the loop on which the messages of others are handled.
	fallback := entry.Fallback{Service: p.service, Log: p.log}
	connect := entry.Connect{Service: p.service, Log: p.log, CountryHeader: s.CountryHeader}
	details := slog.New(site.Quiet{Handler: p.log.Handler()})
	welcome := entry.Welcome{Service: p.service, Log: details} // who comes is in the log already
	return gateway.Options{
		Stage: Stage, Selection: "$request.body.type",
		Routes: map[string]gateway.Route{
			apigw.RouteConnect:           {Handler: p.function("connect", bounded{connect, s.IntegrationTimeout})},
			apigw.RouteDisconnect:        {Handler: p.function("disconnect", entry.Disconnect{Service: p.service, Log: p.log})},
			apigw.RouteDefault:           twoWay(gateway.Encoded(p.function("frame", fallback))),
			string(wire.TypeSubscribe):   subscribe,
			string(wire.TypeUnsubscribe): subscribe,
			string(wire.TypePublish):     publish,
			string(wire.TypeMessage):     publish,
		},
		IdleTimeout: s.IdleTimeout, MaxLifetime: s.MaxLifetime, IntegrationTimeout: s.IntegrationTimeout,
		Ordered: true, ForwardRefusals: true, SourceIP: site.SourceIP(s.TrustedProxies),
		SlowClose:     gateway.CloseCode{Code: int(wire.CloseSlow), Reason: slowReason},
		ShutdownClose: gateway.CloseCode{Code: int(wire.CloseRestart), Reason: site.RestartReason},
		Opened: p.opened(func(ctx context.Context, id string) {
			// What fails is in the log; the client notices that nothing comes.
			_ = welcome.Greet(ctx, wire.ConnID(id))
		}),
		Log: details,
	}
}

// serve begins to serve.
func (p *Platform) serve(l net.Listener, secure bool) {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.ticking.Go(func() { p.endExpired(ctx) })
	p.ticking.Go(func() { p.jobs.run(ctx) })
	p.ticking.Go(func() { (&watch{ages: p, log: p.log}).run(ctx) })
	p.ticking.Go(func() { (&roller{roll: p.roll, log: p.log}).run(ctx) })
	p.ticking.Go(func() { p.watch.Run(ctx) })
	p.serveAside()
	p.ticking.Go(func() { p.folder.StayIn(ctx, p.running, p.accounts, renewal, p.log) })
	p.ticking.Go(func() { giveBack(ctx, p.gateway.Len, debug.FreeOSMemory) })
	if !secure { // beneath TLS, connecting costs several times as much anyway
		l = newFront(l, p.server, p.log)
	}
	go func() {
		if err := p.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.failed <- fmt.Errorf("the listener failed: %w", err)
		}
	}()
}

// endExpired ends connections with their tokens, second by second.
func (p *Platform) endExpired(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for done := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var err error
		if done, err = p.service.EndExpired(ctx, done); err != nil {
			p.log.Error("could not look for expired tokens", "error", err)
		}
	}
}

// Running says how to use the platform.
func (p *Platform) Running() site.Running { return p.running }

// Failed delivers the error by which the platform stopped to listen by itself,
// if it ever does.
func (p *Platform) Failed() <-chan error { return p.failed }

// Connections returns how many are open.
func (p *Platform) Connections() int { return p.gateway.Len() }
