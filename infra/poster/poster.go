package poster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/sigv4"
)

// What zero options mean.
const (
	DefaultConnections = 64
	DefaultTimeout     = 5 * time.Second
)

const (
	// patience is how long a post goes on when its context has no end. Nobody
	// waits longer for an answer of API Gateway's.
	patience = 20 * time.Second
	// margin is what a post leaves of its context's time, for the telemetry
	// and the ack that come after it; of little time, a quarter.
	margin = 500 * time.Millisecond
	// fresh is how old a signature may get. It is good for five minutes.
	fresh = time.Minute
)

// Options say how to reach the Management API.
type Options struct {
	// Endpoint is the URL of a stage, or of a custom domain with its base path:
	// "https://ID.execute-api.REGION.amazonaws.com/STAGE".
	Endpoint    string
	Region      string
	Credentials sigv4.Credentials
	// Connections is how many requests may be under way at once; zero means
	// DefaultConnections.
	Connections int
	// Timeout is how long one request may take, dialing included; zero means
	// DefaultTimeout.
	Timeout time.Duration
	// TLS is how an https endpoint is spoken to; nil means the usual way.
	TLS *tls.Config
	// Dial opens connections; nil is a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Report is told of each post that did not go smoothly. Nil means that
	// nobody wants to know.
	Report func(context.Context, Report)
}

// Poster posts frames through the Management API. It implements pubsub.Poster.
type Poster struct {
	signer *sigv4.Signer
	host   string // as it is signed
	path   string // what the paths of all connections begin with
	pool   *pool
	report func(context.Context, Report)
	broken error // what is wrong with the options
}

// New returns a poster. It makes no connection before it is used. If the
// endpoint is none, everything fails and says so.
func New(o Options) *Poster {
	p := &Poster{signer: sigv4.NewSigner(o.Credentials, "execute-api", o.Region), report: o.Report}
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		p.broken = errors.New("poster: the endpoint is no http or https URL")
		return p
	}
	p.host, p.path = u.Host, strings.TrimSuffix(u.EscapedPath(), "/")+"/@connections/"
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if u.Port() != "" && u.Port() != port {
		port = u.Port()
	} else {
		p.host = strings.TrimSuffix(strings.TrimSuffix(u.Host, ":"+port), ":")
	}
	p.pool = newPool(o, u.Scheme == "https", u.Hostname(), port)
	return p
}

// Post implements pubsub.Poster.
func (p *Poster) Post(ctx context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	if p.broken != nil {
		p.tell(ctx, Report{Failed: len(to), Causes: map[Cause]int{CauseEndpoint: len(to)}})
		return pubsub.Posted{Failed: to}
	}
	r := p.newRound(to, sigv4.Alike{Method: http.MethodPost, ContentType: "application/octet-stream", Body: f.JSON})
	r.do(ctx)
	if len(r.causes) > 0 {
		p.tell(ctx, Report{Delivered: r.posted.Delivered, Gone: len(r.posted.Gone), Failed: len(r.posted.Failed), Causes: r.causes})
	}
	return r.posted
}

// Close implements pubsub.Poster. API Gateway has neither code nor reason: the
// client sees 1000.
func (p *Poster) Close(ctx context.Context, id wire.ConnID, _ wire.Code, _ string) error {
	if p.broken != nil {
		return p.broken
	}
	r := p.newRound([]wire.ConnID{id}, sigv4.Alike{Method: http.MethodDelete})
	r.repeatable = true
	r.do(ctx)
	if len(r.posted.Failed) > 0 {
		return fmt.Errorf("poster: a connection could not be closed: %v", r.causes)
	}
	return nil
}

// until returns when to stop, so that there is time left to say how it went.
func until(ctx context.Context, now time.Time) time.Time {
	end, ok := ctx.Deadline()
	if !ok {
		return now.Add(patience)
	}
	return end.Add(-min(margin, end.Sub(now)/4))
}

func (p *Poster) tell(ctx context.Context, r Report) {
	if p.report != nil {
		p.report(ctx, r)
	}
}
