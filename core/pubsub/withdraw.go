package pubsub

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"tacet/core/app"
	"tacet/core/wire"
)

// endMost is about how many connections one call of EndApp ends, where the
// context says no end to it. Where it does, a call goes through all that there
// were when it began: clients that come back at once take the places of those
// that end, and who begins anew every thousand could go on for ever.
const endMost = 1000

// Withdraw ends connections of an application from which a right was taken, or
// which was suspended or deleted, as EndApp does, and tells clients what to do about that.
func (s *Service) Withdraw(ctx context.Context, of app.ID) (ended int, more bool, err error) {
	switch a, err := s.Apps.App(ctx, of); {
	case errors.Is(err, ErrNoApp):
		return s.EndApp(ctx, of, wire.CloseDeleted, "this application is no longer there")
	case err != nil:
		return 0, true, unavailable(err)
	case a.Suspended:
		return s.EndApp(ctx, of, wire.CodeSuspended, suspended)
	}
	return s.EndApp(ctx, of, wire.CloseRevoked, "a key of this application was revoked: connect with a fresh token")
}

// EndApp ends connections of an application, some of them at a time, and
// reports how many those were, and whether there may be more: then it is to be
// called again. The connections are forgotten here, and not only when somebody
// says that they ended, so that the next call finds others. An error means that
// some could not be ended. Connections that begin meanwhile may be left.
func (s *Service) EndApp(ctx context.Context, of app.ID, code wire.Code, reason string) (ended int, more bool, err error) {
	var ids []wire.ConnID
	err = s.pages(ctx, func(from Cursor) (Page, error) { return s.Audience.OfApp(ctx, of, from) }, func(page []wire.ConnID, _ bool) {
		ids = append(ids, page...)
	})
	if err != nil {
		return 0, true, err
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	_, bounded := ctx.Deadline()
	e := &ending{s: s, ctx: ctx, code: code, reason: wire.Reason(reason)}
	for some := range slices.Chunk(ids, atOnce) {
		if !bounded && e.ended.Load() >= endMost || !s.hasTime(ctx) {
			return int(e.ended.Load()), true, e.err()
		}
		abreast(some, e.one)
	}
	return int(e.ended.Load()), e.err() != nil, e.err()
}

// ending is one call of EndApp.
type ending struct {
	s      *Service
	ctx    context.Context
	code   wire.Code
	reason string
	ended  atomic.Int64
	failed atomic.Pointer[error]
}

func (e *ending) err() error {
	if err := e.failed.Load(); err != nil {
		return unavailable(*err)
	}
	return nil
}

// one ends a connection and forgets it, in this order: one that was forgotten,
// and lives, would never be found again.
func (e *ending) one(id wire.ConnID) {
	err := e.s.Poster.Close(e.ctx, id, e.code, e.reason)
	if err == nil {
		_, err = e.s.leave(e.ctx, id)
	}
	if err != nil {
		e.failed.Store(&err)
		return
	}
	e.ended.Add(1)
}
