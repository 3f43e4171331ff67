package socket

// Handler is the owner's side of one connection; the engine keeps it (see
// Conn.Handler), so that owners need no table from connections to their state.
//
// The calls for one connection are made one at a time and in order; calls for
// different connections run at once. They are made on the goroutine that moves the
// bytes of many connections: whatever may block for long belongs on
// a goroutine of the handler's own, with Conn.Pause for back-pressure.
type Handler interface {
	// Open is called once, after the 101 has been written and before the first
	// message, inside Server.Upgrade.
	Open(c *Conn)

	// Message is called for each complete text message. The bytes are valid UTF-8,
	// belong to the engine and are valid until Message returns. The frames
	// that are sent before it returns leave together soon afterwards.
	Message(c *Conn, text []byte)

	// Closed is called once, as the last call. The code is that of the close frame
	// which came first, the client's or ours; StatusNone when the client's
	// frame carried none; StatusLost when the connection broke without one.
	Closed(c *Conn, code int, reason string)
}
