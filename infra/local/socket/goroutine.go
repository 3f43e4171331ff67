package socket

import (
	"crypto/tls"
	"net"
	"slices"
)

// pipe is the link of a connection that is read on a goroutine of its own: what there
// is where there are no event loops.
type pipe struct {
	conn net.Conn
	wake chan struct{} // capacity 1
}

// pipeBuffer is how much one read takes; each connection has a buffer of this size.
const pipeBuffer = 4 << 10

func (p *pipe) start(c *Conn) { go p.read(c) }

func (p *pipe) poke(*Conn) {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// cut ends all reads and writes. It closes beneath TLS, whose own Close may wait for a
// client that does not read.
func (p *pipe) cut(c *Conn) {
	if t, ok := p.conn.(*tls.Conn); ok {
		t.NetConn().Close()
	} else {
		p.conn.Close()
	}
	p.poke(c)
}

func (p *pipe) read(c *Conn) {
	buf := append(make([]byte, 0, pipeBuffer), c.rest()...)
	for {
		var onHold bool
		if buf, onHold = p.round(c, buf); onHold {
			if c.held() {
				<-p.wake
			}
			continue
		}
		buf = slices.Grow(buf, 1)
		n, err := p.conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if n == 0 && err != nil {
			break
		}
	}
	p.cut(c)
	c.finish()
}

// round hands to the handler what buf holds and returns the rest, and whether the
// connection is on hold.
func (p *pipe) round(c *Conn, buf []byte) (rest []byte, onHold bool) {
	c.srv.flush.begin()
	rest, why := c.consume(buf, c.srv.now(), nil)
	c.srv.flush.end()
	onHold = why == stopHold
	if len(rest) == len(buf) {
		return buf, onHold
	}
	if cap(buf) > pipeBuffer && len(rest) <= pipeBuffer {
		buf = make([]byte, 0, pipeBuffer)
	}
	return append(buf[:0], rest...), onHold
}

// pipeWrite is how much one write takes: what is being written cannot be dropped.
const pipeWrite = 64 << 10

// flush writes on a goroutine, since writing may block.
func (p *pipe) flush(c *Conn) {
	if bufs := c.claim(make([][]byte, 0, 8)); len(bufs) > 0 {
		go p.write(c, bufs)
	}
}

func (p *pipe) write(c *Conn, bufs net.Buffers) {
	for len(bufs) > 0 {
		limit(bufs, pipeWrite)
		n, err := bufs.WriteTo(p.conn)
		if !c.wrote(int(n), err) {
			return
		}
		bufs = c.claim(make([][]byte, 0, 8))
	}
}

// limit cuts bufs to n bytes altogether.
func limit(bufs net.Buffers, n int) {
	for i, b := range bufs {
		bufs[i] = b[:min(n, len(b))]
		n -= len(bufs[i])
	}
}

func (p *pipe) half(c *Conn) {
	if w, ok := p.conn.(interface{ CloseWrite() error }); ok {
		go func() { _ = w.CloseWrite() }() // may block, for TLS; if it fails, nobody is there
	}
}
