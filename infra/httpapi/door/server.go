package door

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Config is what a server is to be. The zero value will do.
type Config struct {
	Log *slog.Logger // made by package logging; nil logs nothing
	// TrustedProxies is how many proxies of our own stand in front, each of
	// which appends to X-Forwarded-For. Zero: the header proves nothing.
	TrustedProxies int
	// NewID makes ids of requests. Nil makes random ones.
	NewID func() string
	// Before is asked before a request is handed to its route, or told that
	// there is none. What it returns is the answer. Nil lets everything pass.
	Before func(*Call) error
	// Watch is told of each request.
	Watch Watch
	// Described is where the API is described, for whoever asks for an address
	// that there is not.
	Described string
}

// Server answers requests for the routes that were added to it. It is safe for
// concurrent use once all are there.
type Server struct {
	Config
	mux    *http.ServeMux
	routes []*route
}

// New returns a server without routes.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.NewID == nil {
		c.NewID = rand.Text
	}
	return &Server{Config: c, mux: http.NewServeMux()}
}

// Nothing is the input of an operation without parameters of its own.
type Nothing struct{}

// Operation does what one route is for.
type Operation[I, O any] func(context.Context, *Call, *I) (*O, error)

// route is an operation as it was registered.
type route struct {
	add    func(huma.API)
	once   sync.Once
	handle func(huma.Context)
}

// Register adds a route. Parameters are strings to huma, and request bodies are
// none of its business: what it has to say about a wrong one repeats it, in a
// form of its own. A path that ends in {name...} ends in a parameter that may
// hold slashes.
func Register[I, O any](s *Server, op huma.Operation, do Operation[I, O]) {
	op.SkipValidateParams = true
	pattern := op.Method + " " + op.Path
	op.Path = strings.ReplaceAll(op.Path, "...}", "}") // which OpenAPI cannot say
	r := &route{add: func(api huma.API) {
		op := op // huma writes into it, here for the route and there for the document
		op.Responses, op.Parameters = maps.Clone(op.Responses), slices.Clone(op.Parameters)
		for status, r := range op.Responses {
			its := *r
			op.Responses[status] = &its
		}
		huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
			c := CallOf(ctx)
			out, err := do(ctx, c, in)
			var other huma.StatusError // an answer that is no refusal
			switch {
			case errors.As(err, &other):
				return nil, other
			case err != nil:
				return nil, c.Problem(err)
			}
			return out, nil
		})
	}}
	s.routes = append(s.routes, r)
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, q *http.Request) {
		r.once.Do(func() { r.add(newAPI(nil, func(h func(huma.Context)) { r.handle = h })) })
		r.handle(humago.NewContext(&op, q, w))
	})
}

// Page adds a route that the document does not list. Its content is made when
// it is first asked for, which in most Lambdas is never.
func (s *Server) Page(path, contentType string, content func() []byte) {
	content = sync.OnceValue(content)
	s.Handle("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(content())
	})
}

// Handle adds a route that the document does not list, by a pattern of
// http.ServeMux.
func (s *Server) Handle(pattern string, handle http.HandlerFunc) { s.mux.HandleFunc(pattern, handle) }

// newAPI returns a huma API that gives away the handler of each operation that
// is registered with it, and serves nothing: its pages would load scripts from
// elsewhere. A nil document will do.
func newAPI(document *huma.OpenAPI, got func(func(huma.Context))) huma.API {
	if document == nil {
		document = &huma.OpenAPI{Info: &huma.Info{}, Components: &huma.Components{}}
	}
	if document.Components.Schemas == nil {
		document.Components.Schemas = newSchemas()
	}
	config := huma.Config{
		OpenAPI: document,
		Formats: map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		// The second is how huma finds application/problem+json.
		DefaultFormat: "application/json",
	}
	config.AllowAdditionalPropertiesByDefault = true // answers may grow
	return huma.NewAPI(config, taker{humago.NewAdapter(http.NewServeMux(), ""), got})
}

func newSchemas() huma.Registry {
	return huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
}

// taker is an adapter that takes handlers for somebody else.
type taker struct {
	huma.Adapter
	got func(func(huma.Context))
}

// Handle gives the handler away.
func (t taker) Handle(_ *huma.Operation, handle func(huma.Context)) { t.got(handle) }
