package pubsub

import (
	"context"
	"time"

	"tacet/core/wire"
)

// Meter is told what happened, for metrics of the whole platform and for the
// trace of one request, which stands in the context: no application, connection,
// subject, topic or address is among it. Safe for concurrent use; it never waits.
type Meter interface {
	// Answered is told of each frame of a client and how it was answered: with
	// the code of an error, or with 0. The verb is "" where none could be read.
	Answered(ctx context.Context, verb wire.Type, code wire.Code, took time.Duration)
	// Connected is told of each arrival: 0 for who was let in, else why not.
	Connected(ctx context.Context, code wire.Code)
	// Disconnected is told of each connection that was forgotten.
	Disconnected(ctx context.Context)
	// Published is told of each message: its size in bytes, what became of it,
	// and how long it took from its receipt to its last post.
	Published(ctx context.Context, size int, n wire.Counts, took time.Duration)
	// Recorded is told of each event of telemetry, and whether it was kept.
	Recorded(ctx context.Context, kept bool)
}
