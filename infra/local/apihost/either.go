package apihost

import (
	"crypto/tls"
	"net"
	"sync"
)

// either is a listener whose connections speak TLS or do not, as their clients
// like: the first byte of a TLS connection is never the first of a request.
type either struct {
	net.Listener
	config *tls.Config
}

func (l either) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, config: l.config}, nil
}

// conn finds out at the first byte what its client speaks.
type conn struct {
	net.Conn
	config *tls.Config

	decide sync.Once
	inside net.Conn // what is spoken over
	err    error
}

// handshake is the first byte of a TLS record that begins a connection.
const handshake = 0x16

func (c *conn) open() {
	first := make([]byte, 1)
	_, c.err = c.Conn.Read(first)
	c.inside = &prefixed{c.Conn, first}
	if c.err == nil && first[0] == handshake {
		c.inside = tls.Server(c.inside, c.config)
	}
}

func (c *conn) Read(b []byte) (int, error) {
	c.decide.Do(c.open)
	if c.err != nil {
		return 0, c.err
	}
	return c.inside.Read(b)
}

func (c *conn) Write(b []byte) (int, error) {
	c.decide.Do(c.open)
	if c.err != nil {
		return 0, c.err
	}
	return c.inside.Write(b)
}

// prefixed is a connection of which something has been read already.
type prefixed struct {
	net.Conn
	first []byte
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.first) > 0 {
		n := copy(b, p.first)
		p.first = p.first[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}
