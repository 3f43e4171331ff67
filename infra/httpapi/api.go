package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tacet/core/pubsub"
	"tacet/core/telemetry"
)

// API is what the HTTP API needs. Set the fields, then call Handler.
type API struct {
	Service *pubsub.Service
	Figures telemetry.Figures
	Log     *slog.Logger // made by package logging; nil logs nothing
	// TrustedProxies is how many proxies of our own stand in front, each of
	// which appends to X-Forwarded-For. Zero: the header proves nothing.
	TrustedProxies int
	// NewID makes ids of requests, and of publications that bring none. Nil
	// makes random ones.
	NewID func() string
}

// Handler returns the API. It is safe for concurrent use.
func (a API) Handler() http.Handler {
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	if a.NewID == nil {
		a.NewID = rand.Text
	}
	s := &server{API: a, mux: http.NewServeMux()}
	s.api = newDocumented(s.mux)
	s.routePublish()
	s.routeTopics()
	s.routeConnections()
	s.routeTelemetry()
	s.routePublic()
	return s
}

// server is an API that serves.
type server struct {
	API
	mux *http.ServeMux
	api huma.API
}

// operation does what one route is for.
type operation[I, O any] func(context.Context, *call, *I) (*O, error)

// nothing is the input of an operation without parameters of its own.
type nothing struct{}

// register adds a route that anybody may use. Parameters are strings to huma,
// and request bodies are none of its business: what it has to say about a
// wrong one repeats it, in a form of its own.
func register[I, O any](s *server, op huma.Operation, do operation[I, O]) {
	op.SkipValidateParams = true
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		out, err := do(ctx, c, in)
		if err != nil {
			return nil, c.problem(err)
		}
		return out, nil
	})
}

// registerBackend adds a route for the bearer of an admin token.
func registerBackend[I, O any](s *server, op huma.Operation, do operation[I, O]) {
	op.Security = []map[string][]string{{"adminToken": {}}}
	op.Responses = errorResponses(op)
	op.Parameters = append(op.Parameters, appParameter)
	register(s, op, func(ctx context.Context, c *call, in *I) (*O, error) {
		if err := c.authenticate(ctx); err != nil {
			return nil, err
		}
		return do(ctx, c, in)
	})
}

// adapter lets the topic at the end of a path have slashes, which net/http
// writes {topic...} and OpenAPI cannot say.
type adapter struct {
	huma.Adapter
	mux *http.ServeMux
}

func (a adapter) Handle(op *huma.Operation, handle func(huma.Context)) {
	path := op.Path
	if path == topicPath {
		path = "/api/topics/{app}/{topic...}"
	}
	a.mux.HandleFunc(op.Method+" "+path, func(w http.ResponseWriter, r *http.Request) {
		handle(humago.NewContext(op, r, w))
	})
}
