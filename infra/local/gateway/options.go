package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"tacet/infra/apigw"
	"tacet/infra/local/socket"
)

// What API Gateway has, and what zero options mean.
const (
	DefaultIdleTimeout        = 10 * time.Minute
	DefaultMaxLifetime        = 2 * time.Hour
	DefaultIntegrationTimeout = 29 * time.Second
	defaultInFlight           = 128
	maxPost                   = 128 << 10 // bytes, of one message to a client
	maxURL                    = 4096      // characters
	maxHeaders                = 10240     // bytes
	maxStage                  = 128       // characters
)

// Options describes an API and its stage. Only Stage and Selection must be set.
type Options struct {
	Stage     string // letters, digits, '-' and '_'
	APIID     string // "local" if empty
	Region    string // "us-east-1" if empty
	AccountID string // "000000000000" if empty
	// DomainName is what events carry. If empty they carry the host, with its
	// port, that the client connected to, so that a callback URL made from the
	// event works. (API Gateway's has no port.)
	DomainName string
	// BasePath is a second path at which the API is served, without the stage,
	// as a custom domain serves it: "/" or "/chat". Empty: none.
	BasePath       string
	StageVariables map[string]string

	// Selection is the route selection expression: "$request.body.action".
	Selection string
	// Routes by route key. A key of one's own must not begin with '$'.
	Routes     map[string]Route
	Authorizer *Authorizer // nil: none

	// Zero durations mean API Gateway's (10 minutes, 2 hours, 29 seconds),
	// negative ones mean never.
	IdleTimeout        time.Duration
	MaxLifetime        time.Duration
	IntegrationTimeout time.Duration

	// Ordered makes the messages of one connection be handled one after another,
	// in the order in which they were sent; what is posted to the connection
	// meanwhile waits until the route response is out. EventHandlers then run
	// on the engine's own loop: they must be quick, and have no timeout.
	//
	// Otherwise each message is handled at once, beside the others, as API
	// Gateway does it.
	Ordered bool
	// InFlight is how many messages of one connection are handled at once before
	// the gateway stops reading from it; 0 means 128. What is not read waits in
	// the client: that, and the limits on a message, bound what a connection
	// can cost. Ordered has one.
	InFlight int

	// Credentials that the management API must be called with; nil accepts
	// unsigned requests.
	Credentials *Credentials
	// Callers are the credentials that a $connect route with IAM asks for; nil
	// means Credentials.
	Callers *Credentials

	// ConnectRate limits handshakes, RequestRate messages and callbacks together.
	// API Gateway's are 500 and 10,000 with a burst of 5,000; zero is no limit.
	ConnectRate Throttle
	RequestRate Throttle

	// ForwardRefusals sends the body and the Content-Type of a $connect handler
	// that refuses. API Gateway is not known to do that.
	ForwardRefusals bool
	// SlowClose ends a connection whose backlog is full when Post meets it. A
	// zero code lets it be.
	SlowClose CloseCode
	// ShutdownClose ends the connections at Shutdown. A zero code means 1001
	// "Going away".
	ShutdownClose CloseCode
	// DollarRoutes lets a message whose route key comes out as "$connect" or
	// "$disconnect" reach that route, as a MESSAGE, to prove that the handler
	// survives it. What API Gateway does is not documented; otherwise such a
	// message matches nothing.
	DollarRoutes bool
	// Hostile makes the gateway behave badly. The zero value does not.
	Hostile Hostile

	// Backlog bounds what may wait for one receiver, in bytes, and Path says how
	// bytes move; see socket.Options.
	Backlog int
	Path    socket.Path

	// SourceIP returns the address of a client. Nil takes the TCP peer's. Behind
	// a proxy, take what the proxy says and nobody else.
	SourceIP func(*http.Request) string
	// Opened, if not nil, is called when the 101 has been written and callbacks
	// reach the connection, before its first message. What it posts, with its
	// context, to the connection alone are the first frames: others' wait until
	// it has returned. So it must not block.
	Opened func(ctx context.Context, connID string)

	Log *slog.Logger     // nil: no log
	Now func() time.Time // nil: time.Now
}

// CloseCode is how a connection is closed: a code of RFC 6455 §7.4, and up to
// 123 bytes of text.
type CloseCode struct {
	Code   int
	Reason string
}

// Hostile are the faults of a gateway that has a bad day. Chances are between
// 0 and 1.
type Hostile struct {
	DropDisconnect      float64       // chance that $disconnect is never invoked
	DuplicateDisconnect float64       // chance that it is invoked twice
	DelayDisconnect     time.Duration // how late it is invoked
	PostLag             time.Duration // how long a new connection still answers 410
	SpuriousGone        float64       // chance that a callback to an open connection answers 410
	// Random returns numbers in [0,1). Nil: at random.
	Random func() float64
}

func (o Options) withDefaults() (Options, error) {
	for value, preset := range map[*string]string{&o.APIID: "local", &o.Region: "us-east-1", &o.AccountID: "000000000000"} {
		if *value == "" {
			*value = preset
		}
	}
	for d, preset := range map[*time.Duration]time.Duration{
		&o.IdleTimeout: DefaultIdleTimeout, &o.MaxLifetime: DefaultMaxLifetime, &o.IntegrationTimeout: DefaultIntegrationTimeout,
	} {
		if *d == 0 {
			*d = preset
		}
	}
	if o.Callers == nil {
		o.Callers = o.Credentials
	}
	if o.InFlight <= 0 {
		o.InFlight = defaultInFlight
	}
	if o.ShutdownClose.Code == 0 {
		o.ShutdownClose = CloseCode{socket.StatusGoingAway, "Going away"}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.SourceIP == nil {
		o.SourceIP = peer
	}
	return o, o.check()
}

func (o *Options) check() error {
	if !isStage(o.Stage) {
		return fmt.Errorf("gateway: %q is no stage name: 1 to 128 letters, digits, '-' and '_'", o.Stage)
	}
	if o.BasePath != "" && o.BasePath[0] != '/' {
		return fmt.Errorf("gateway: base path %q does not begin with a slash", o.BasePath)
	}
	for key, route := range o.Routes {
		switch {
		case key == apigw.RouteConnect:
			if route.IAM && o.Callers == nil {
				return errors.New("gateway: a $connect route with IAM needs credentials")
			}
		case key == apigw.RouteDisconnect, key == apigw.RouteDefault:
		case key == "" || key[0] == '$':
			return fmt.Errorf("gateway: %q cannot be a route key", key)
		}
	}
	return nil
}

func isStage(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || !isNameByte(c) && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= maxStage
}

func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return strings.Clone(host)
}
