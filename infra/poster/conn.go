package poster

import (
	"bufio"
	"errors"
	"net"
	"os"
	"time"
)

// conn is a connection to the endpoint that is kept alive.
type conn struct {
	net.Conn
	raw  net.Conn // below TLS, if there is any
	read *bufio.Reader
	idle time.Time // since when nobody uses it
}

func newConn(c, raw net.Conn) *conn {
	return &conn{Conn: c, raw: raw, read: bufio.NewReaderSize(c, maxLine)}
}

// exchange sends a request and reads the answer. Without an answer the cause
// says why; unsent means that the other side cannot have acted on it.
func (c *conn) exchange(request []byte) (a answer, cause Cause) {
	if n, err := c.Write(request); err != nil {
		if n < len(request) {
			return a, CauseUnsent // what is not whole is not acted on
		}
		return a, CauseUnanswered
	}
	a, err := readAnswer(c.read)
	switch {
	case err == nil:
		return a, ""
	case errors.Is(err, errGarbled):
		return a, CauseGarbled
	case errors.Is(err, os.ErrDeadlineExceeded):
		return a, CauseTimeout
	}
	return a, CauseUnanswered
}

// stale is how long a connection may have been idle to be used without a look.
const stale = time.Second

// usable reports whether the other side has not closed an idle connection, as
// far as is known here.
func (c *conn) usable(now time.Time) bool {
	idle := now.Sub(c.idle)
	return idle < stale || idle < maxIdle && c.read.Buffered() == 0 && quiet(c.raw)
}
