package manage

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"tacet/core/account"
	"tacet/core/rights"
	"tacet/core/telemetry"
	"tacet/infra/httpapi"
	"tacet/infra/httpapi/door"
)

// API is what the management API needs. Set the fields, then call Handler.
type API struct {
	Accounts *account.Service
	Rights   *rights.Service
	Reports  telemetry.Reports
	Live     Live
	// Data is the API of the data plane. It is served as well if it has a
	// Service, with this API's log and ids, and described in any case.
	Data httpapi.API
	// Issuer signs people in; nil if nobody is signed in by one.
	Issuer Issuer
	// Link returns who has the secret of a one-time link, and uses it up. The
	// error is a fault of kind Unauthenticated if nobody has. Nil if there are
	// no links.
	Link func(ctx context.Context, secret string) (account.Identity, error)
	// NewLink makes a one-time link, and returns until when it is good. Nil if
	// there are no links.
	NewLink func() (link string, expires time.Time)
	// Backup writes a backup of what this machine holds, with the vault of data
	// keys if that is asked for. Nil if there is nothing to back up here.
	Backup func(ctx context.Context, w io.Writer, vault bool) error
	// Rotate changes keys, and returns how many data keys that was about. Nil if
	// that is not done here.
	Rotate func(ctx context.Context, r Rotation) (int, error)
	// Origin is where browsers find this API, "https://tacet.example.org". An
	// issuer sends them back to it, if it knows it. "" is https and the host
	// that was asked for: behind API Gateway that is one of its own names.
	Origin string
	// Console is where people go who have signed in; "" is /console/.
	Console string
	// Loopback says that the API is served on loopback without TLS, where
	// cookies cannot be Secure.
	Loopback bool
	// VolumeBytes is about how long a volume of a download is, where answers are
	// bounded: it is held in memory, and in a Lambda 3 MiB will do. Zero streams
	// the whole.
	VolumeBytes int64
	Limits      Limits
	Log         *slog.Logger // made by package logging; nil logs nothing
	// TrustedProxies is how many proxies of our own stand in front, each of
	// which appends to X-Forwarded-For. Zero: the header proves nothing.
	TrustedProxies int
	// NewID makes ids of requests. Nil makes random ones.
	NewID func() string
	Watch door.Watch // told of each request
}

// prefix is what the addresses of this API begin with.
const prefix = "/v1/"

// Handler returns the API. It is safe for concurrent use.
func (a API) Handler() http.Handler {
	if a.Console == "" {
		a.Console = "/console/"
	}
	s := &server{API: a, limiter: newLimiter(a.Limits, a.now)}
	s.door = door.New(door.Config{
		Log: a.Log, TrustedProxies: a.TrustedProxies, NewID: a.NewID, Watch: a.Watch, Described: httpapi.DocumentPath, Before: s.before,
	})
	if a.Data.Service != nil {
		a.Data.NewID = a.NewID
		a.Data.Route(s.door)
	}
	httpapi.RouteDescriptions(s.door)
	s.route()
	s.door.Page(httpapi.DocumentPath, "application/json", func() []byte {
		doc, _ := document()
		return door.Encode(doc)
	})
	s.routeReference()
	return s.routeLivePage()
}

func (a API) now() time.Time {
	if a.Accounts == nil {
		return time.Now()
	}
	return a.Accounts.Now()
}

// server is an API that serves.
type server struct {
	API
	door    *door.Server
	limiter *limiter
	looking looking
	bodies  map[string]reflect.Type // of requests, by operation, for the document
}

// route adds the routes of this API, in the order in which they are described.
func (s *server) route() {
	s.routeSessions()
	s.routeLinks()
	s.routeMe()
	s.routeAccounts()
	s.routePayment()
	s.routeMembers()
	s.routeInvitations()
	s.routeApps()
	s.routeKeys()
	s.routeReport()
	s.routeLive()
	s.routeTokens()
	s.routeActivity()
	s.routeExports()
	s.routeDeletions()
	s.routeLedger()
	s.routeTables()
	s.routeBackup()
	s.routeRotation()
}

// before is asked before each request. The data plane has rates of its own.
func (s *server) before(c *door.Call) error {
	if !strings.HasPrefix(c.Request.URL.Path, prefix) {
		return nil
	}
	return s.limiter.before(&call{Call: c, s: s})
}
