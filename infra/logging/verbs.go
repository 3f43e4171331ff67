package logging

import (
	"context"
	"log/slog"
	"time"

	"tacet/core/wire"
)

// Verbs writes a line for each frame of a client, at level debug: the ids of its
// connection stand in the context. It implements pubsub.Meter, and has nothing
// to say of what else that is told.
type Verbs struct{ Log *slog.Logger }

// Answered implements pubsub.Meter.
func (v Verbs) Answered(ctx context.Context, verb wire.Type, code wire.Code, took time.Duration) {
	if !v.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	v.Log.LogAttrs(ctx, slog.LevelDebug, "verb", slog.String("verb", string(verb)), slog.Int("code", int(code)), slog.Int64("micros", took.Microseconds()))
}

// Connected implements pubsub.Meter. A handshake has a line of its own.
func (Verbs) Connected(context.Context, wire.Code) {}

// Disconnected implements pubsub.Meter.
func (Verbs) Disconnected(context.Context) {}

// Published implements pubsub.Meter.
func (Verbs) Published(context.Context, int, wire.Counts, time.Duration) {}

// Recorded implements pubsub.Meter.
func (Verbs) Recorded(context.Context, bool) {}
