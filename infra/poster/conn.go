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
	raw  net.Conn // the same, or what is below TLS
	read *bufio.Reader
	ends time.Time // when the request that is under way must be answered
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
		// What follows would be taken for the answer to the next request.
		a.last = a.last || c.read.Buffered() > 0
		return a, ""
	case errors.Is(err, errGarbled):
		return a, CauseGarbled
	case errors.Is(err, os.ErrDeadlineExceeded):
		return a, CauseTimeout
	}
	return a, CauseUnanswered
}

// expect sets how long the next request may take. Setting that anew is not
// cheap, so what was set before holds as long as it leaves three quarters.
func (c *conn) expect(now time.Time, timeout time.Duration) {
	if c.ends.Sub(now) < timeout*3/4 {
		c.end(now.Add(timeout))
	}
}

// end ends the request that is, or will be, under way at that time.
func (c *conn) end(at time.Time) {
	c.ends = at
	// It fails for a connection that is closed, which its use will show.
	_ = c.SetDeadline(at)
}

// stale is how long a connection may have been idle to be used without a look.
// Tests make it nothing.
var stale = 100 * time.Millisecond

// usable reports whether the other side has not closed an idle connection, as
// far as is known here. It goes by the wall clock: the other one may stand still
// while a process is frozen.
func (c *conn) usable(now time.Time) bool {
	idle := now.Round(0).Sub(c.idle)
	return idle < stale || idle < maxIdle && quiet(c.raw)
}
