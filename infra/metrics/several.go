package metrics

import (
	"context"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
)

// Several returns a meter that tells all of these, in their order.
func Several(all ...pubsub.Meter) pubsub.Meter {
	if len(all) == 1 {
		return all[0]
	}
	return several(all)
}

type several []pubsub.Meter

// Answered implements pubsub.Meter.
func (s several) Answered(ctx context.Context, verb wire.Type, code wire.Code, took time.Duration) {
	for _, m := range s {
		m.Answered(ctx, verb, code, took)
	}
}

// Connected implements pubsub.Meter.
func (s several) Connected(ctx context.Context, code wire.Code) {
	for _, m := range s {
		m.Connected(ctx, code)
	}
}

// Disconnected implements pubsub.Meter.
func (s several) Disconnected(ctx context.Context) {
	for _, m := range s {
		m.Disconnected(ctx)
	}
}

// Published implements pubsub.Meter.
func (s several) Published(ctx context.Context, size int, n wire.Counts, took time.Duration) {
	for _, m := range s {
		m.Published(ctx, size, n, took)
	}
}

// Recorded implements pubsub.Meter.
func (s several) Recorded(ctx context.Context, kept bool) {
	for _, m := range s {
		m.Recorded(ctx, kept)
	}
}
