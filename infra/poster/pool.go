package poster

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// maxIdle is how long a connection is kept for. The other side closes idle ones
// after a time that is not documented, and a process that Lambda has frozen
// does not hear of it.
const maxIdle = 30 * time.Second

// pool bounds how many requests are under way, and keeps their connections.
type pool struct {
	slots   chan struct{}
	waiting atomic.Int32 // for a slot
	timeout time.Duration
	address string
	dialer  func(ctx context.Context, network, address string) (net.Conn, error)
	tls     *tls.Config // nil: none

	mu   sync.Mutex
	idle []*conn // the one used last is last
}

func newPool(o Options, secure bool, host, port string) *pool {
	if o.Connections <= 0 {
		o.Connections = DefaultConnections
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	p := &pool{slots: make(chan struct{}, o.Connections), timeout: o.Timeout, address: net.JoinHostPort(host, port), dialer: o.Dial}
	if p.dialer == nil {
		p.dialer = (&net.Dialer{}).DialContext
	}
	if secure {
		p.tls = &tls.Config{MinVersion: tls.VersionTLS12}
		if o.TLS != nil {
			p.tls = o.TLS.Clone()
		}
		if p.tls.ServerName == "" {
			p.tls.ServerName = host
		}
		if p.tls.ClientSessionCache == nil {
			p.tls.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		}
		p.tls.NextProtos = []string{"http/1.1"}
	}
	return p
}

// enter waits for a slot, until the time is over, and reports whether there was
// one. Then leave must be called.
func (p *pool) enter(ctx context.Context) bool {
	select {
	case p.slots <- struct{}{}:
		return true
	default:
	}
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	select {
	case p.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p *pool) leave() { <-p.slots }

// wanted reports whether somebody waits for a slot.
func (p *pool) wanted() bool { return p.waiting.Load() > 0 }

// get returns a connection that is idle, or a new one.
func (p *pool) get(ctx context.Context, now time.Time) (*conn, error) {
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			return p.dial(ctx)
		}
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if c.usable(now) {
			return c, nil
		}
		c.Close()
	}
}

// put takes a connection back that may be used again.
func (p *pool) put(c *conn, now time.Time) {
	c.idle = now.Round(0)
	p.mu.Lock()
	p.idle = append(p.idle, c)
	p.mu.Unlock()
}

// width returns how many at once are best for so many requests: as many as
// there are connections, and no more new ones than are worth their handshakes.
func (p *pool) width(requests int) int {
	const each = 4 // requests, for which a handshake is worth it
	p.mu.Lock()
	idle := len(p.idle)
	p.mu.Unlock()
	return min(requests, max(idle, (requests+each-1)/each), cap(p.slots))
}

func (p *pool) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	raw, err := p.dialer(ctx, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	if p.tls == nil {
		return newConn(raw, raw), nil
	}
	secure := tls.Client(raw, p.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return newConn(secure, raw), nil
}
