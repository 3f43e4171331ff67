package socket

import "errors"

// Close codes of RFC 6455 §7.4.1 that the engine itself uses.
const (
	StatusNormal      = 1000
	StatusGoingAway   = 1001 // idle, too old, or the server shuts down
	StatusProtocol    = 1002
	StatusUnsupported = 1003 // a binary message
	StatusNone        = 1005 // never sent: the close frame carried no code
	StatusLost        = 1006 // never sent: there was no close frame
	StatusNotUTF8     = 1007
	StatusTooBig      = 1009
)

var (
	// ErrClosed is returned for a connection that is closing or closed.
	ErrClosed = errors.New("socket: connection closed")
	// ErrSlow is returned when a receiver's backlog is full. The frame was not
	// taken, the connection is still open, and later frames may be taken again.
	ErrSlow = errors.New("socket: receiver too slow")
	// ErrShutdown is returned by Upgrade once Shutdown has begun.
	ErrShutdown = errors.New("socket: server is shutting down")
)

// violation is what a client did wrong, as a close frame will tell it.
type violation struct {
	code   int
	reason string
}

func (v *violation) Error() string { return v.reason }

var (
	errReserved     = &violation{StatusProtocol, "reserved bits or opcode"}
	errUnmasked     = &violation{StatusProtocol, "frame not masked"}
	errLength       = &violation{StatusProtocol, "malformed length"}
	errControl      = &violation{StatusProtocol, "malformed control frame"}
	errContinuation = &violation{StatusProtocol, "unexpected continuation"}
	errCloseCode    = &violation{StatusProtocol, "invalid close code"}
	errBinary       = &violation{StatusUnsupported, "binary messages are not supported"}
	errUTF8         = &violation{StatusNotUTF8, "text is not UTF-8"}
	errTooBig       = &violation{StatusTooBig, "message too big"}
)

// sendable reports whether code may stand in a close frame (RFC 6455 §7.4, and
// the codes that IANA has registered since).
func sendable(code int) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}
