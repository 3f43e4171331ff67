package gateway

import (
	"context"
	"errors"

	"tacet/infra/local/socket"
)

// Posted says what became of a frame that was posted to many.
type Posted struct {
	Delivered int      // how many connections have taken it
	Gone      []string // ids of no open connection
	Failed    []string // ids of connections that are slow, or that the throttle let down
}

// Post sends one frame to many connections: what as many calls of the
// management API do, without HTTP. The frame is encoded once. That a
// connection has taken it does not say that it will arrive. Text must be
// UTF-8. Binary frames are an extension: API Gateway sends text only.
//
// Called with the context of a handler, it may make the gateway read the
// handler's connection more slowly, if most receivers are behind.
//
// Nobody may change ids afterwards: what they stood for is remembered.
func (g *Gateway) Post(ctx context.Context, ids []string, payload []byte, binary bool) Posted {
	delivered, gone, failed := PostTo(ctx, g, ids, payload, binary)
	return Posted{delivered, gone, failed}
}

// PostTo is Post for ids that have a type of their own.
func PostTo[ID ~string](ctx context.Context, g *Gateway, ids []ID, payload []byte, binary bool) (delivered int, gone, failed []ID) {
	if allowed := g.requests.take(len(ids)); allowed < len(ids) {
		failed = append(failed, ids[allowed:]...)
		ids = ids[:allowed]
	}
	if len(ids) == 1 {
		switch err := g.postOne(ctx, ids0(ids), payload, binary); {
		case err == nil:
			return 1, nil, failed
		case errors.Is(err, socket.ErrSlow):
			return 0, nil, append(failed, ids[0])
		}
		return 0, append(gone, ids[0]), failed
	}
	to := recall(&g.rolls, ids)
	if to == nil {
		to, gone = lookUp(g, ids)
	}
	delivered, closed, slow := g.sockets.SendAll(socketOf(ctx), to, socket.NewFrame(payload, binary))
	if len(closed) > 0 {
		forget(&g.rolls, ids)
	}
	for _, s := range closed {
		gone = append(gone, ID(ownerOf(s).id))
	}
	for _, s := range slow {
		c := ownerOf(s)
		failed = append(failed, ID(c.id))
		c.tooSlow()
	}
	return delivered, gone, failed
}

// lookUp returns the sockets of the ids that are open, and the other ids.
func lookUp[ID ~string](g *Gateway, ids []ID) (open []*socket.Conn, gone []ID) {
	open = make([]*socket.Conn, 0, len(ids))
	for _, id := range ids {
		if key, ok := toConnKey(id); ok {
			if c := g.find(key); c != nil {
				open = append(open, c.sock)
				continue
			}
		}
		gone = append(gone, id)
	}
	if len(gone) == 0 && g.opts.Hostile.SpuriousGone == 0 {
		remember(&g.rolls, ids, open)
	}
	return open, gone
}

func ids0[ID ~string](ids []ID) string { return string(ids[0]) }

func ownerOf(s *socket.Conn) *conn { return s.Handler().(*conn) }

func (g *Gateway) postOne(ctx context.Context, id string, payload []byte, binary bool) error {
	key, ok := toConnKey(id)
	if !ok {
		return ErrGone
	}
	c := g.find(key)
	if c == nil {
		return ErrGone
	}
	err := c.send(ctx, socket.NewReply(payload, binary))
	if errors.Is(err, socket.ErrSlow) {
		c.tooSlow()
	}
	return err
}

// tooSlow ends a connection whose backlog is full, if the owner wants it.
func (c *conn) tooSlow() {
	if c.g.opts.SlowClose.Code != 0 {
		c.end(c.g.opts.SlowClose)
	}
}

// ErrGone says that an id is of no open connection.
var ErrGone = errors.New("gateway: no such connection")

// Disconnect closes a connection with a code and a reason of the caller's own,
// which API Gateway cannot. It returns ErrGone if there is no such connection.
//
// While a message of the connection is handled in order, the close waits until
// the route response is out.
func (g *Gateway) Disconnect(id string, code int, reason string) error {
	key, ok := toConnKey(id)
	if !ok {
		return ErrGone
	}
	c := g.find(key)
	if c == nil {
		return ErrGone
	}
	c.end(CloseCode{code, reason})
	return nil
}

// end closes the connection, now or when its message has been answered.
func (c *conn) end(with CloseCode) {
	c.mu.Lock()
	later := c.busy
	if later && c.ending == nil {
		c.ending = &with
	}
	c.mu.Unlock()
	if !later {
		c.sock.Close(with.Code, with.Reason)
	}
}
