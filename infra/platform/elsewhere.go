package platform

import (
	"context"
	"log/slog"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
)

// elsewhere is every port that a function does not have, because none of its
// verbs needs it: another function does what does. A frame that comes over the
// wrong route is refused by it. API Gateway reads a frame's type as core does,
// so that takes a frame that only one of them can read; but what it takes is
// not ours to decide, and the answer must not be a panic.
type elsewhere struct{ log *slog.Logger }

// errElsewhere is what is answered. Sending it again helps if that was a
// mistake of API Gateway's.
var errElsewhere = &fault.Error{Kind: fault.Unavailable, Text: "this cannot be done the way it was sent: write the frame as plain JSON, and send it again"}

func (e elsewhere) missing(ctx context.Context, port string) error {
	e.log.LogAttrs(ctx, slog.LevelError, "this function has no such port", slog.String("port", port))
	return errElsewhere
}

func (e elsewhere) App(ctx context.Context, _ app.ID) (*app.App, error) {
	return nil, e.missing(ctx, "Apps")
}

func (e elsewhere) Ring(ctx context.Context, _ *app.App) (*grant.Ring, error) {
	return nil, e.missing(ctx, "Apps")
}

func (e elsewhere) Add(ctx context.Context, _ *pubsub.Connection, _ pubsub.Quota) error {
	return e.missing(ctx, "Connections")
}

func (e elsewhere) Get(ctx context.Context, _ wire.ConnID) (*pubsub.Connection, error) {
	return nil, e.missing(ctx, "Connections")
}

func (e elsewhere) Renew(ctx context.Context, _ wire.ConnID, _ grant.Grants, _ time.Time) error {
	return e.missing(ctx, "Connections")
}

func (e elsewhere) Remove(ctx context.Context, _ wire.ConnID) (*pubsub.Connection, error) {
	return nil, e.missing(ctx, "Connections")
}

func (e elsewhere) Due(ctx context.Context, _, _ time.Time) ([]*pubsub.Connection, error) {
	return nil, e.missing(ctx, "Connections")
}

func (e elsewhere) Subscribe(ctx context.Context, _ *pubsub.Connection, _ topic.Name, _ int) error {
	return e.missing(ctx, "Subscriptions")
}

func (e elsewhere) Unsubscribe(ctx context.Context, _ *pubsub.Connection, _ topic.Name) (bool, error) {
	return false, e.missing(ctx, "Subscriptions")
}

func (e elsewhere) TopicsOf(ctx context.Context, _ *pubsub.Connection) ([]topic.Name, error) {
	return nil, e.missing(ctx, "Subscriptions")
}

func (e elsewhere) Occupied(ctx context.Context, _ app.ID) ([]pubsub.TopicCount, error) {
	return nil, e.missing(ctx, "Subscriptions")
}

func (e elsewhere) Subscribers(ctx context.Context, _ app.ID, _ topic.Name, _ pubsub.Cursor) (pubsub.Page, error) {
	return pubsub.Page{}, e.missing(ctx, "Audience")
}

func (e elsewhere) OfSubject(ctx context.Context, _ app.ID, _ grant.Subject, _ pubsub.Cursor) (pubsub.Page, error) {
	return pubsub.Page{}, e.missing(ctx, "Audience")
}

func (e elsewhere) OfApp(ctx context.Context, _ app.ID, _ pubsub.Cursor) (pubsub.Page, error) {
	return pubsub.Page{}, e.missing(ctx, "Audience")
}

func (e elsewhere) Post(ctx context.Context, to []wire.ConnID, _ wire.Frame) pubsub.Posted {
	_ = e.missing(ctx, "Poster") // a post says who was not reached, not why
	return pubsub.Posted{Failed: to}
}

func (e elsewhere) Close(ctx context.Context, _ wire.ConnID, _ wire.Code, _ string) error {
	return e.missing(ctx, "Poster")
}

func (e elsewhere) Record(ctx context.Context, _ telemetry.Record, _ bool) error {
	return e.missing(ctx, "Recorder")
}

func (e elsewhere) Take(ctx context.Context, _ wire.ConnID, _ int, _ time.Time) (time.Duration, error) {
	return 0, e.missing(ctx, "Rates")
}

func (e elsewhere) Tell(wire.ConnID, int, time.Time) bool {
	_ = e.missing(context.Background(), "Rates")
	return false
}

func (e elsewhere) Secret(ctx context.Context, _ privacy.Day) (privacy.Secret, error) {
	return privacy.Secret{}, e.missing(ctx, "DaySecrets")
}

func (e elsewhere) Greet(ctx context.Context, _ wire.ConnID) error {
	return e.missing(ctx, "Greet")
}
