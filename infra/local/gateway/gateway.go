package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"tacet/infra/apigw"
	"tacet/infra/local/socket"
)

// Gateway serves one stage of one WebSocket API. Its methods may be called
// from any goroutine, handlers included.
type Gateway struct {
	opts      Options
	log       *slog.Logger
	sockets   *socket.Server
	selection selection
	routes    map[string]*route
	fallback  *route // $default, or nil
	keyed     bool   // there is more to choose from than $default
	identity  []source
	connects  *bucket
	requests  *bucket
	table     table
	rolls     rolls

	ctx     context.Context // of handlers; ends with Shutdown
	cancel  context.CancelFunc
	running sync.WaitGroup // goroutines that handle events
	open    sync.WaitGroup // connections

	mu         sync.Mutex
	stopping   bool
	handshakes sync.WaitGroup // under way; grows only while mu is held and stopping is not set
}

// route is a Route as it is looked up.
type route struct {
	Route
	key      string
	direct   bool // the handler takes events
	required []source
	throttle *bucket
}

// New starts a gateway. Shutdown must be called to free its resources.
func New(o Options) (*Gateway, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		opts: o, log: o.Log, routes: make(map[string]*route, len(o.Routes)),
		connects: newBucket(o.ConnectRate, o.Now), requests: newBucket(o.RequestRate, o.Now),
	}
	if g.opts.Hostile.Random == nil {
		g.opts.Hostile.Random = rand.Float64
	}
	if g.selection, err = parseSelection(o.Selection); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	if o.Authorizer != nil {
		if g.identity, err = parseSources(o.Authorizer.IdentitySources); err != nil {
			return nil, err
		}
	}
	for key, r := range o.Routes {
		if err := g.addRoute(key, r); err != nil {
			return nil, err
		}
	}
	g.sockets, err = socket.New(socket.Options{
		IdleTimeout: max(o.IdleTimeout, 0), MaxLifetime: max(o.MaxLifetime, 0), Backlog: o.Backlog, Path: o.Path,
	})
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	return g, nil
}

func (g *Gateway) addRoute(key string, r Route) error {
	required, err := parseSources(r.Required)
	if err != nil {
		return err
	}
	if r.ResponseSelection != r.Response {
		g.log.Warn("a route is one-way unless it has both a RouteResponseSelectionExpression and a RouteResponse", "route", key)
	}
	_, direct := r.Handler.(EventHandler)
	added := &route{Route: r, key: key, direct: direct, required: required, throttle: newRouteBucket(r.Throttle, g.opts.Now)}
	g.routes[key] = added
	if key == apigw.RouteDefault {
		g.fallback = added
	}
	if key != apigw.RouteDefault && (key[0] != '$' || g.opts.DollarRoutes) {
		g.keyed = true
	}
	return nil
}

const connectionsPath = "@connections"

// ServeHTTP upgrades clients at the stage's path, and serves the management API
// below it; also at Options.BasePath, if there is one.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := g.below(r.URL.EscapedPath())
	if !ok {
		refusal{status: http.StatusForbidden, text: textForbidden}.write(w)
		return
	}
	first, id, two := strings.Cut(rest, "/")
	first, err := url.PathUnescape(first) // once: an id has its '=' escaped
	switch {
	case err == nil && first == "":
		g.ServeWebSocket(w, r)
	case err == nil && two && first == connectionsPath:
		g.serveConnection(w, r, id)
	default:
		refusal{status: http.StatusForbidden, text: textForbidden}.write(w)
	}
}

// below returns what follows the stage, or the base path, in a path.
func (g *Gateway) below(path string) (string, bool) {
	prefixes := []string{"/" + g.opts.Stage}
	if g.opts.BasePath != "" {
		prefixes = append(prefixes, strings.TrimSuffix(g.opts.BasePath, "/"))
	}
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(path, p); ok && (rest == "" || rest[0] == '/') {
			return strings.TrimPrefix(rest, "/"), true
		}
	}
	return "", false
}

// Len returns the number of connections that callbacks reach.
func (g *Gateway) Len() int { return g.table.len() }

// Shutdown refuses new clients with 503, lets the handshakes under way finish,
// closes every connection with Options.ShutdownClose, and returns when each
// $disconnect has been handled. When ctx ends first it cuts what is left and
// returns the error of ctx; the context of handlers that still run has then
// ended. A second call waits like the first.
func (g *Gateway) Shutdown(ctx context.Context) error {
	defer g.cancel()
	// A handler that waits on an event loop keeps the engine from ending.
	defer context.AfterFunc(ctx, g.cancel)()
	g.mu.Lock()
	g.stopping = true
	g.mu.Unlock()
	err := wait(ctx, &g.handshakes)
	g.table.each(func(c *conn) { c.end(g.opts.ShutdownClose) })
	// The engine's own Shutdown knows one code only: it is for what is left.
	return errors.Join(err, wait(ctx, &g.open), g.sockets.Shutdown(ctx), wait(ctx, &g.running))
}

// wait waits for a group, or for the end of ctx, whose error it then returns.
func wait(ctx context.Context, group *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enter reports whether a handshake may begin; then handshakes.Done must be
// called at its end.
func (g *Gateway) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.stopping {
		g.handshakes.Add(1)
	}
	return !g.stopping
}
