package standalone

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// front stands before net/http and takes the plain WebSocket handshakes out of
// what comes. One that arrives in one piece is served right away, without the
// buffers, goroutines and stacks that net/http sets up for a conversation, all
// of which an upgrade throws away: with thousands who come at the same time
// that is most of the work and most of the garbage.
//
// Everything else is net/http's, from its first byte on, and so are the limits
// on it. Each connection belongs to one of the two parsers for good: they
// cannot be led to disagree about where a request ends.
//
// It is the listener of net/http's server, which closes it.
type front struct {
	net.Listener
	server *http.Server
	log    *slog.Logger
	others chan accepted
	closed chan struct{}

	accepting atomic.Int32 // workers that wait for somebody to come

	mu     sync.Mutex
	silent map[net.Conn]struct{} // have not sent anything yet; nil when closed
}

// accepted is what Accept returns.
type accepted struct {
	conn net.Conn
	err  error
}

const (
	// firstRead is how much is read of a connection before it is known whose
	// it is. The handshakes of browsers have one kilobyte, or two with a token.
	firstRead = 8 << 10
	// spare is how many workers stay when there is nothing to do. Those that
	// stay have grown their stacks already.
	spare = 16
)

// newFront returns the listener that s is to serve, and begins to serve s's
// handler to the handshakes that come to l.
func newFront(l net.Listener, s *http.Server, log *slog.Logger) *front {
	f := &front{
		Listener: l, server: s, log: log,
		others: make(chan accepted), closed: make(chan struct{}), silent: map[net.Conn]struct{}{},
	}
	f.accepting.Add(1)
	go f.work()
	return f
}

// work accepts connections and serves them, one at a time. Whoever is the last
// to wait finds a successor before it turns to what has come.
func (f *front) work() {
	for {
		conn, err := f.Listener.Accept()
		if err != nil {
			if !f.passOn(accepted{err: err}) { // net/http complains, and slows us down
				return
			}
			continue
		}
		if f.accepting.Add(-1) == 0 {
			f.accepting.Add(1)
			go f.work()
		}
		f.receive(conn)
		if f.accepting.Add(1) > spare {
			f.accepting.Add(-1)
			return
		}
	}
}

// passOn gives something to net/http. It reports false when that is over.
func (f *front) passOn(a accepted) bool {
	select {
	case f.others <- a:
		return true
	case <-f.closed:
		if a.conn != nil {
			a.conn.Close()
		}
		return false
	}
}

// Accept returns the next connection that is not a handshake.
func (f *front) Accept() (net.Conn, error) {
	select {
	case a := <-f.others:
		return a.conn, a.err
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

// Close stops accepting, and ends connections that have sent nothing yet.
func (f *front) Close() error {
	f.mu.Lock()
	silent := f.silent
	f.silent = nil
	f.mu.Unlock()
	if silent == nil {
		return net.ErrClosed
	}
	close(f.closed)
	for conn := range silent {
		_ = conn.SetReadDeadline(time.Unix(1, 0)) // who reads from it closes it
	}
	return f.Listener.Close()
}

var firstReads = sync.Pool{New: func() any { return new([firstRead]byte) }}

// receive reads once, and serves what it gets if that is a handshake.
func (f *front) receive(conn net.Conn) {
	buf := firstReads.Get().(*[firstRead]byte)
	defer firstReads.Put(buf)
	got := buf[:f.hear(conn, buf[:])]
	if len(got) == 0 {
		conn.Close()
		return
	}
	r, n := readHandshake(got)
	if r == nil {
		f.passOn(accepted{conn: &replayed{Conn: conn, head: append([]byte(nil), got...)}})
		return
	}
	r.RemoteAddr = conn.RemoteAddr().String()
	f.serve(&reply{conn: conn, early: got[n:]}, r)
}

// hear returns how much a connection has sent, which is nothing when it took
// too long, or is over.
func (f *front) hear(conn net.Conn, buf []byte) int {
	// Close sets another deadline for those whom it finds, so ours comes first.
	_ = conn.SetReadDeadline(time.Now().Add(f.server.ReadHeaderTimeout))
	f.mu.Lock()
	open := f.silent != nil
	if open {
		f.silent[conn] = struct{}{}
	}
	f.mu.Unlock()
	if !open {
		return 0
	}
	n, _ := conn.Read(buf)
	f.mu.Lock()
	delete(f.silent, conn)
	f.mu.Unlock()
	return n
}

func (f *front) serve(w *reply, r *http.Request) {
	defer func() {
		if recover() != nil { // as in net/http, nobody else is to suffer
			f.log.Error("a handler of HTTP requests panicked")
			w.conn.Close()
		}
	}()
	f.server.Handler.ServeHTTP(w, r)
	w.finish()
}

// replayed is a connection of which something has been read already.
type replayed struct {
	net.Conn
	head []byte
}

var errUnread = errors.New("standalone: what was read before has not been read again")

// Read reads what was read before, then the rest.
func (c *replayed) Read(b []byte) (int, error) {
	if len(c.head) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.head)
	if c.head = c.head[n:]; len(c.head) == 0 {
		c.head = nil
	}
	return n, nil
}

// SyscallConn returns the connection itself, once nothing is missing from it.
func (c *replayed) SyscallConn() (syscall.RawConn, error) {
	raw, ok := c.Conn.(syscall.Conn)
	if !ok || len(c.head) > 0 {
		return nil, errUnread
	}
	return raw.SyscallConn()
}

// CloseWrite is how net/http makes sure that a last answer arrives.
func (c *replayed) CloseWrite() error { return closeWrite(c.Conn) }

func closeWrite(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
