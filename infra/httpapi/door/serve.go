package door

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"tacet/core/fault"
	"tacet/infra/logging"
)

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Call{s: s, w: w, ID: s.NewID()}
	ctx := s.Watch.begin(r)
	ctx = logging.With(context.WithValue(ctx, callKey{}, c), logging.IDs{Request: c.ID})
	c.Request = r.WithContext(ctx)
	answer := &answer{ResponseWriter: w}
	header := w.Header()
	header.Set("X-Request-Id", c.ID)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	start := time.Now()
	defer func() {
		if v := recover(); v != nil {
			s.recovered(c, answer, v)
		}
		s.record(c, answer.status, time.Since(start))
		if answer.broken {
			panic(http.ErrAbortHandler)
		}
	}()
	s.route(answer, c)
}

// route hands the request to its route, or says that there is none.
func (s *Server) route(w http.ResponseWriter, c *Call) {
	if s.Before != nil {
		if err := s.Before(c); err != nil {
			c.Problem(err).Write(w)
			return
		}
	}
	// The mux would redirect to a tidier path, where a topic is another topic.
	if p := c.Request.URL.EscapedPath(); !tidy(p) {
		c.Problem(s.noRoute()).Write(w)
		return
	}
	if h, pattern := s.mux.Handler(c.Request); pattern == "" {
		c.missing(h).Write(w)
		return
	}
	s.mux.ServeHTTP(w, c.Request)
}

func tidy(p string) bool {
	return strings.HasPrefix(p, "/") && (path.Clean(p) == p || path.Clean(p)+"/" == p)
}

func (s *Server) noRoute() error {
	return &fault.Error{Kind: fault.NotFound, Text: "there is no such address here: the API is described at " + s.Described}
}

// missing returns the problem that h, the mux's own handler for a request
// without a route, means.
func (c *Call) missing(h http.Handler) *Problem {
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, c.Request)
	if probe.status != http.StatusMethodNotAllowed {
		return c.Problem(c.s.noRoute())
	}
	p := c.Problem(refused{"this address does not take this method", probe.status})
	p.header.Set("Allow", probe.header.Get("Allow"))
	return p
}

// probe is a response that only its header and status are wanted of.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

// recovered answers a request whose handler panicked, if it has no answer yet.
func (s *Server) recovered(c *Call, w *answer, v any) {
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		w.broken = true
		return
	}
	s.Log.LogAttrs(c.Request.Context(), slog.LevelError, "a handler panicked", slog.String("route", c.Request.Pattern), logging.Panic(v))
	if w.status != 0 {
		w.broken = true // half an answer must not look like a whole one
		return
	}
	c.Problem(errPanic).Write(w)
}

var errPanic = &fault.Error{Kind: fault.Internal, Text: "panic"}

// record writes the one line that a request has in the log.
func (s *Server) record(c *Call, status int, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("method", method(c.Request.Method)), slog.String("route", c.Request.Pattern), slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	for _, name := range []string{"account", "app"} {
		if id := c.id(name); id != "" {
			attrs = append(attrs, slog.String(name, string(id)))
		}
	}
	attrs = append(attrs, c.notes...)
	level := slog.LevelInfo
	if c.refused != nil {
		var why []slog.Attr
		level, why = logging.Failure(c.refused)
		attrs = append(attrs, why...)
	}
	s.Log.LogAttrs(c.Request.Context(), level, "http", attrs...)
	s.Watch.end(c, status, took)
}

// method returns m if it is one that clients use, because a client may write
// anything there.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// answer remembers which status was sent.
type answer struct {
	http.ResponseWriter
	status int
	broken bool
}

// WriteHeader sends the status, the first time.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
		a.ResponseWriter.WriteHeader(status)
	}
}

// Write sends b, after a status of 200 if none was sent.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
