package httpgateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// Handler is what a Lambda function is to its caller: bytes in, bytes out. An
// error means that the function failed.
type Handler interface {
	Invoke(ctx context.Context, event []byte) ([]byte, error)
}

// What API Gateway has: "Quotas for HTTP APIs".
const (
	defaultTimeout = 30 * time.Second
	maxBody        = 10 << 20 // bytes
	maxHeaders     = 10240    // bytes, of the request line and all headers
)

// DefaultStage is the stage that is served without its name in the path.
const DefaultStage = "$default"

// Options describe an API and its stage. Only Routes must be set.
type Options struct {
	Stage     string // DefaultStage if empty
	APIID     string // "local" if empty
	AccountID string // "000000000000" if empty
	// Routes by key: "GET /pets/{id}", "ANY /files/{path+}", "$default".
	Routes         map[string]Handler
	StageVariables map[string]string
	// Timeout of an integration; zero is API Gateway's 30 seconds.
	Timeout time.Duration
	// SourceIP returns the address of a client. Nil takes the TCP peer's.
	SourceIP func(*http.Request) string
	Log      *slog.Logger     // nil: no log
	Now      func() time.Time // nil: time.Now
}

// Gateway serves one stage of one HTTP API. It is an http.Handler, safe for
// concurrent use.
type Gateway struct {
	opts   Options
	routes routes
}

// New returns a gateway, or an error if a route key is none.
func New(o Options) (*Gateway, error) {
	for value, preset := range map[*string]string{&o.Stage: DefaultStage, &o.APIID: "local", &o.AccountID: "000000000000"} {
		if *value == "" {
			*value = preset
		}
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.SourceIP == nil {
		o.SourceIP = peer
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Gateway{opts: o}
	for key, h := range o.Routes {
		if err := g.routes.add(key, h); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// ServeHTTP answers a request with what the function of its route says.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	key, status := g.serve(w, r)
	g.opts.Log.LogAttrs(r.Context(), slog.LevelInfo, "requested", slog.String("route", key), slog.Int("status", status),
		slog.Float64("ms", float64(time.Since(began).Microseconds())/1000))
}

// serve returns the key of the route and the status of the answer.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) (string, int) {
	path, ok := g.path(r)
	if !ok {
		return "", say(w, http.StatusNotFound, "Not Found")
	}
	if headerSize(r) > maxHeaders {
		return "", say(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
	}
	found, ok := g.routes.find(r.Method, path)
	if !ok {
		return "", say(w, http.StatusNotFound, "Not Found")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return found.key, 0 // the client has gone
	case len(body) > maxBody:
		return found.key, say(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	}
	event, err := g.event(r, path, body, found)
	if err != nil {
		return found.key, say(w, http.StatusInternalServerError, "Internal Server Error")
	}
	ctx, cancel := context.WithTimeout(r.Context(), g.opts.Timeout)
	defer cancel()
	answer, err := invoke(ctx, found.handler, event)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return found.key, say(w, http.StatusServiceUnavailable, "Service Unavailable")
	case err != nil:
		return found.key, say(w, http.StatusInternalServerError, "Internal Server Error")
	}
	response, err := readResponse(answer)
	if err != nil {
		return found.key, say(w, http.StatusInternalServerError, "Internal Server Error")
	}
	return found.key, response.write(w)
}

// invoke calls a function, and returns when ctx ends even if the function goes
// on.
func invoke(ctx context.Context, h Handler, event []byte) ([]byte, error) {
	type result struct {
		answer []byte
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := h.Invoke(context.WithoutCancel(ctx), event)
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// path returns the path below the stage: what routes are matched with. It is
// decoded, and ends at a question mark even if that was escaped.
func (g *Gateway) path(r *http.Request) (string, bool) {
	path, _, _ := strings.Cut(r.URL.Path, "?")
	if g.opts.Stage == DefaultStage {
		return path, true
	}
	rest, ok := strings.CutPrefix(path, "/"+g.opts.Stage)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	if rest == "" {
		rest = "/"
	}
	return rest, true
}

func headerSize(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// say answers as API Gateway does by itself, and returns the status.
func say(w http.ResponseWriter, status int, text string) int {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"message":"`+text+`"}`) // the client may have gone
	return status
}
