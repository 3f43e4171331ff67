package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/infra/httpapi/door"
)

// API is what the HTTP API needs. Set the fields, then call Handler.
type API struct {
	Service *pubsub.Service
	Reports telemetry.Reports
	// Operator is who runs the deployment, for the page about privacy.
	Operator Operator
	Log      *slog.Logger // made by package logging; nil logs nothing
	// TrustedProxies is how many proxies of our own stand in front, each of
	// which appends to X-Forwarded-For. Zero: the header proves nothing.
	TrustedProxies int
	// NewID makes ids of requests, and of publications that bring none. Nil
	// makes random ones.
	NewID func() string
	// Ready returns nil if requests can be answered, as far as it can be found
	// out cheaply: anybody may ask. Nil is always ready.
	Ready func(context.Context) error
	// Version is what is running.
	Version string
	Watch   door.Watch // told of each request
}

// Handler returns the API, with what describes it. It is safe for concurrent
// use.
func (a API) Handler() http.Handler {
	d := door.New(door.Config{Log: a.Log, TrustedProxies: a.TrustedProxies, NewID: a.NewID, Watch: a.Watch, Described: DocumentPath})
	a.Route(d)
	RouteDescriptions(d)
	d.Page(DocumentPath, "application/json", func() []byte {
		doc, _ := d.Document(Description())
		return door.Encode(doc)
	})
	return d
}

// Route adds the routes of the data plane to those of d.
func (a API) Route(d *door.Server) {
	if a.NewID == nil {
		a.NewID = rand.Text
	}
	s := &server{a, d}
	s.routePublish()
	s.routeTopics()
	s.routeConnections()
	s.routeTelemetry()
	s.routePublic()
}

// server is an API that serves.
type server struct {
	API
	door *door.Server
}

// operation does what one route is for.
type operation[I, O any] func(context.Context, *call, *I) (*O, error)

// registerBackend adds a route for the bearer of an admin token.
func registerBackend[I, O any](s *server, op huma.Operation, do operation[I, O]) {
	op.Security = []map[string][]string{{adminToken: {}}}
	op.Responses = errorResponses(op)
	op.Parameters = append(op.Parameters, appParameter)
	door.Register(s.door, op, func(ctx context.Context, d *door.Call, in *I) (*O, error) {
		c := &call{Call: d, s: s}
		if err := c.authenticate(ctx); err != nil {
			return nil, err
		}
		out, err := do(ctx, c, in)
		if err != nil {
			c.backend.Refused(ctx, err)
		}
		return out, err
	})
}
