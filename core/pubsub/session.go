package pubsub

import (
	"context"
	"sync/atomic"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/wire"
)

const (
	// Warning is how long before its end a client is told about it.
	Warning = 30 * time.Second
	// Overdue is how far behind it EndExpired looks for connections that should
	// have ended: for one whose deadline passed while it was being admitted, and
	// where calls are a minute apart. To end one twice does no harm.
	Overdue = 2 * time.Minute
	// Missed is how far behind it EndMissed looks.
	Missed = 10 * time.Minute
)

// authenticate replaces the connection's token with a fresh one of the same
// subject.
func (s *Service) authenticate(ctx context.Context, r *request) (wire.Frame, error) {
	_, token, err := s.identify(ctx, string(r.app.ID), r.AccessToken, grant.Client)
	if err != nil {
		return wire.Frame{}, err
	}
	if token.Subject != r.from.Subject {
		return wire.Frame{}, &fault.Error{
			Kind: fault.Forbidden, Code: wire.CodeOtherSubject,
			Text: "the fresh token is for another subject: open another connection for it",
		}
	}
	if err := s.Connections.Renew(ctx, r.from.ID, token.Grants, deadline(r.app, token)); err != nil {
		return wire.Frame{}, absent(err, "this connection is no longer known: open a new one")
	}
	if err := s.shed(ctx, r.from, token.Grants); err != nil {
		return wire.Frame{}, unavailable(err)
	}
	return r.ack(wire.Counts{Matched: 1}), nil
}

// shed takes away the topics that the connection may no longer read.
func (s *Service) shed(ctx context.Context, c *Connection, grants grant.Grants) error {
	if grants == c.Grants {
		return nil
	}
	topics, err := s.Subscriptions.TopicsOf(ctx, c)
	if err != nil {
		return err
	}
	renewed := *c
	renewed.Grants = grants
	for _, n := range topics {
		if renewed.mayRead(n) {
			continue
		}
		if _, err := s.Subscriptions.Unsubscribe(ctx, c, n); err != nil {
			return err
		}
	}
	return nil
}

// ping answers, so that a client knows its connection to work in both
// directions.
func (s *Service) ping(context.Context, *request) (wire.Frame, error) { return wire.Pong(), nil }

// EndExpired warns and ends connections whose token expires. A host calls it
// again and again with the time until which it was last done, and passes the
// result to the next call. What is missed while no host runs is caught when
// such a connection next sends something. An error means that some were missed,
// which the next call makes up for.
func (s *Service) EndExpired(ctx context.Context, done time.Time) (time.Time, error) {
	now := s.Now()
	if err := s.endDue(ctx, done.Add(-Overdue), now.Add(Warning), now, done); err != nil {
		return done, err
	}
	return now, nil
}

// EndMissed ends connections that EndExpired does not look for any more, with
// the same done: those for which it had no time, or which it could not find, for
// minutes on end. Among them are some that are gone, of which nobody was told, so
// it costs more than it is worth to call it as often.
func (s *Service) EndMissed(ctx context.Context, done time.Time) error {
	now := s.Now()
	return s.endDue(ctx, done.Add(-Missed), done.Add(-Overdue), now, now)
}

// endDue ends connections whose deadline lies in (after, until], if that is over
// at now, and warns the others that were not warned when EndExpired was done.
func (s *Service) endDue(ctx context.Context, after, until, now, done time.Time) error {
	due, err := s.Connections.Due(ctx, after, until)
	if err != nil {
		return unavailable(err)
	}
	var missed atomic.Bool
	abreast(due, func(c *Connection) {
		switch {
		case !s.hasTime(ctx):
			missed.Store(true)
		case !c.Deadline.After(now):
			s.endWithToken(ctx, c, now)
		case c.Deadline.After(done.Add(Warning)):
			s.Poster.Post(ctx, []wire.ConnID{c.ID}, wire.TokenExpiring(c.Deadline))
		}
	})
	if missed.Load() {
		return unavailable(errTime)
	}
	return nil
}

func (s *Service) endWithToken(ctx context.Context, c *Connection, now time.Time) {
	if c, err := s.Connections.Get(ctx, c.ID); err == nil && c.Deadline.After(now) {
		return // renewed, while others were ended
	}
	s.Poster.Post(ctx, []wire.ConnID{c.ID}, wire.Error("", errExpired))
	if err := s.Poster.Close(ctx, c.ID, errExpired.Code, errExpired.Text); err != nil {
		s.trouble(ctx, "end with the token", err)
	}
}
