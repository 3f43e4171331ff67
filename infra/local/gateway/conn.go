package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tacet/infra/apigw"
	"tacet/infra/local/socket"
)

// conn is one connection, from the creation of its $connect event on. It keeps
// what the events of its messages need, and nothing else of the handshake.
//
// It is the context of its typed handlers, too: that says to Post which
// connection a fan-out comes from, and costs no allocation.
type conn struct {
	g           *Gateway
	sock        *socket.Conn // set by Open
	id          string
	connectedAt int64 // milliseconds since 1970
	domain      string
	source      apigw.Private
	agent       apigw.Private
	authorizer  *apigw.AuthorizerContext
	inFlight    atomic.Int32
	opening     atomic.Bool // Opened runs

	mu     sync.Mutex
	closed bool       // Closed has been called
	busy   bool       // a message is being handled, in order
	ending *CloseCode // a close that waits for the end of that
	ended  *CloseCode // a $disconnect that waits for it
}

func (c *conn) key() (key connKey) {
	copy(key[:], c.id)
	return key
}

// event fills e with what all events of the connection have.
func (c *conn) event(e *apigw.Event, kind apigw.EventType, routeKey string) {
	o := &c.g.opts
	*e = apigw.Event{
		Type: kind, RouteKey: routeKey, ConnectionID: c.id,
		APIID: o.APIID, Stage: o.Stage, DomainName: c.domain,
		ConnectedAt: c.connectedAt, RequestTime: c.g.opts.Now().UnixMilli(),
		SourceIP: c.source, UserAgent: c.agent,
		Authorizer: c.authorizer, StageVariables: o.StageVariables,
	}
	e.RequestID, e.MessageID = requestIDs(c.key())
}

// Open makes the connection reachable: until now callbacks have answered 410.
// While Opened runs, what others post waits, and the connection does not end.
func (c *conn) Open(sock *socket.Conn) {
	c.sock = sock
	c.g.open.Add(1)
	opened := c.g.opts.Opened
	if opened != nil {
		c.opening.Store(true)
		c.cork()
	}
	if lag := c.g.opts.Hostile.PostLag; lag > 0 {
		time.AfterFunc(lag, c.enlist)
	} else {
		c.enlist()
	}
	if opened != nil {
		opened(c, c.id)
		c.opening.Store(false)
		c.uncork(nil)
	}
}

// send sends a frame to this connection alone. What Opened posts goes ahead of
// what others have posted meanwhile.
func (c *conn) send(ctx context.Context, f socket.Frame) error {
	if c.opening.Load() && socketOf(ctx) == c.sock {
		c.sock.Cork()
		return c.sock.Uncork(f)
	}
	return c.sock.Send(f)
}

// enlist puts the connection into the table, unless it has ended.
func (c *conn) enlist() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.g.table.put(c.key(), c)
	}
}

// reply sends a frame that only this connection gets.
func (c *conn) reply(payload []byte) {
	// A client that is gone or does not read has no use for an answer.
	_ = c.sock.Send(socket.NewReply(payload, false))
}

type connKeyOfContext struct{}

// Deadline is that of the gateway: none.
func (c *conn) Deadline() (time.Time, bool) { return c.g.ctx.Deadline() }

// Done is closed when the gateway shuts down.
func (c *conn) Done() <-chan struct{} { return c.g.ctx.Done() }

// Err says whether Done is closed.
func (c *conn) Err() error { return c.g.ctx.Err() }

// Value returns the connection itself for a key of this package.
func (c *conn) Value(key any) any {
	if _, ok := key.(connKeyOfContext); ok {
		return c
	}
	return c.g.ctx.Value(key)
}

// socketOf returns the connection on whose behalf a handler runs, or nil.
func socketOf(ctx context.Context) *socket.Conn {
	if c, ok := ctx.Value(connKeyOfContext{}).(*conn); ok {
		return c.sock
	}
	return nil
}
