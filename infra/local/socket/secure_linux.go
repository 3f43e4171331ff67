package socket

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// NewListener wraps the listener of an HTTP server so that TLS connections can join the
// event loops: tls.NewListener(socket.NewListener(ln), config). Without it they are
// served, but on goroutines. Connections without TLS do not need it.
func NewListener(ln net.Listener) net.Listener { return listener{ln} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &switchable{Conn: conn, fd: -1}, nil
}

// switchable is a connection under TLS that starts out as any other and, once the handshakes
// are over, is switched to events: then it reads and writes a descriptor of
// the loop's and never blocks.
type switchable struct {
	net.Conn // closed after the switch, but its addresses stay

	mu   sync.Mutex
	fd   int32  // -1 before the switch
	full bool   // out has reached its bound: the connection is lost
	out  []byte // what the kernel did not take
}

// maxOut bounds what waits encrypted, in bytes. We write only when nothing waits, secureWrite
// at a time; more comes from crypto/tls, which answers from inside Read, as many
// times as a client asks that new keys be used (RFC 8446 §4.6.3) and does not
// read the answers.
const maxOut = 256 << 10

var errFull = errors.New("socket: TLS answers are not read")

// wouldBlock is how crypto/tls wants to hear of it: after a temporary error it keeps
// the partial record and goes on with the next Read.
type wouldBlock struct{}

func (wouldBlock) Error() string   { return errAgain.Error() }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

func (s *switchable) toEvents(fd int32) {
	s.mu.Lock()
	s.fd = fd
	s.mu.Unlock()
}

func (s *switchable) Read(b []byte) (int, error) {
	// Only the loop reads after the switch, and it is the loop that closes fd.
	if s.fd < 0 {
		return s.Conn.Read(b)
	}
	s.mu.Lock()
	full := s.full
	s.mu.Unlock()
	if full {
		return 0, errFull // crypto/tls keeps the error of an answer to itself
	}
	n, err := readNow(s.fd, b)
	if errors.Is(err, errAgain) || n == 0 && err == nil {
		return 0, wouldBlock{}
	}
	return n, err
}

// Write takes all of b, whatever the kernel takes, up to maxOut.
func (s *switchable) Write(b []byte) (int, error) {
	if s.fd < 0 {
		return s.Conn.Write(b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full = s.full || len(s.out)+len(b) > maxOut; s.full {
		return 0, errFull
	}
	if len(s.out) > 0 {
		s.out = append(s.out, b...)
		return len(b), nil
	}
	n, err := s.writeAll(b)
	if err != nil {
		return n, err
	}
	s.out = append(s.out, b[n:]...)
	return len(b), nil
}

// writeAll writes until the kernel takes no more; so it will tell when it does again.
func (s *switchable) writeAll(b []byte) (done int, err error) {
	for done < len(b) {
		n, err := writeNow(s.fd, b[done:])
		if errors.Is(err, errAgain) {
			return done, nil
		}
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// push writes what the kernel did not take before. It reports whether nothing is left.
func (s *switchable) push() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _ := s.writeAll(s.out) // a broken socket is the reader's to notice
	if s.out = s.out[n:]; len(s.out) == 0 {
		s.out = nil
	}
	return s.out == nil
}

// secure is the TLS state of an event connection.
type secure struct {
	tls *tls.Conn
	raw *switchable
}

// secureWrite is how much one write encrypts at most; so much lies encrypted in memory for
// a receiver that does not read, besides what is shared.
const secureWrite = 64 << 10

func (s *secure) write(b []byte) (int, error) {
	if !s.raw.push() {
		return 0, errAgain
	}
	n, err := s.tls.Write(b[:min(len(b), secureWrite)])
	if err == nil && s.pending() {
		err = errAgain
	}
	return n, err
}

func (s *secure) read(b []byte) (int, error) {
	n, err := s.tls.Read(b)
	if n > 0 {
		return n, nil
	}
	if errors.Is(err, wouldBlock{}) {
		return 0, errAgain
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return 0, err
}

// bye sends TLS's own goodbye, if the kernel takes it.
func (s *secure) bye() { _ = s.tls.CloseWrite() }

// pending reports whether encrypted bytes wait for the kernel. A nil secure has none.
func (s *secure) pending() bool {
	if s == nil {
		return false
	}
	s.raw.mu.Lock()
	defer s.raw.mu.Unlock()
	return len(s.raw.out) > 0
}

func (s *switchable) Close() error {
	if s.fd < 0 {
		return s.Conn.Close()
	}
	return nil // the loop's to close
}

// SetDeadline and its siblings do nothing after the switch: nothing blocks any more.
func (s *switchable) SetDeadline(t time.Time) error { return s.deadline(s.Conn.SetDeadline, t) }

func (s *switchable) SetReadDeadline(t time.Time) error { return s.deadline(s.Conn.SetReadDeadline, t) }

func (s *switchable) SetWriteDeadline(t time.Time) error {
	return s.deadline(s.Conn.SetWriteDeadline, t)
}

func (s *switchable) deadline(set func(time.Time) error, t time.Time) error {
	if s.fd < 0 {
		return set(t)
	}
	return nil
}
