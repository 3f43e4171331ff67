package pubsub

import (
	"time"

	"tacet/core/wire"
)

// Meter is told what happened, for metrics of the whole platform: no
// application, connection, subject, topic or address is among it. Safe for
// concurrent use; it never waits.
type Meter interface {
	// Answered is told of each frame of a client and how it was answered: with
	// the code of an error, or with 0.
	Answered(verb wire.Type, code wire.Code, took time.Duration)
	// Connected is told of each arrival: 0 for who was let in, else why not.
	Connected(code wire.Code)
	// Disconnected is told of each connection that was forgotten.
	Disconnected()
	// Published is told of each message: its size in bytes, what became of it,
	// and how long it took from its receipt to its last post.
	Published(size int, n wire.Counts, took time.Duration)
	// Recorded is told of each event of telemetry, and whether it was kept.
	Recorded(kept bool)
}
