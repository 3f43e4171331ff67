package entry

import (
	"context"
	"errors"
	"log/slog"

	"tacet/core/pubsub"
	"tacet/infra/parcel"
)

// Fanout is the function that posts a frame to a part of its audience. Nothing
// routes to it: publish invokes it, synchronously and several at a time, with
// parcels. It must never be invoked asynchronously, because a parcel holds a
// message, which would then rest in a queue.
type Fanout struct {
	Poster pubsub.Poster
	Log    *slog.Logger // made by package logging; nil logs nothing
}

var (
	errNotParcel = errors.New("entry: not the event of a fan-out")
	errNotPosted = errors.New("entry: the fan-out failed")
)

// Invoke posts the frame of a parcel.Parcel in JSON and returns what became of
// it. It stops when the sender stops waiting. The error says nothing, because
// Lambda writes it into a log.
func (f Fanout) Invoke(ctx context.Context, event []byte) (_ []byte, err error) {
	log := loggerOr(f.Log)
	defer recovered(ctx, log, "fan-out", func() { err = errNotPosted })
	p, err := parcel.Decode(event)
	if err != nil {
		return nil, errNotParcel
	}
	if !p.Until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, p.Until)
		defer cancel()
	}
	posted := f.Poster.Post(ctx, p.To, p.Frame)
	log.LogAttrs(ctx, slog.LevelInfo, "fan-out", slog.Int("connections", len(p.To)), slog.Int("bytes", len(p.Frame.JSON)),
		slog.Int("delivered", posted.Delivered), slog.Int("gone", len(posted.Gone)), slog.Int("failed", len(posted.Failed)))
	return parcel.Receipt(posted)
}
