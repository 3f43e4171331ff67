package pubsub

import (
	"context"
	"errors"
	"slices"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/topic"
	"tacet/core/wire"
)

// young is how long a connection that looks gone gets the benefit of the
// doubt: API Gateway answers 410 for a moment after a connection has opened.
const young = 10 * time.Second

// graves is how many connections that are gone one frame forgets at most. Its
// publisher waits for that, and on Lambda only so long; where thousands vanished
// unnoticed, each message that follows forgets as many more.
const graves = 16

// fanOut hands a frame to everybody who has the topic, but for one, and
// returns how many that were. An error means that not all of them are known;
// the counts are then of those that were.
func (s *Service) fanOut(ctx context.Context, of app.ID, n topic.Name, f wire.Frame, except wire.ConnID) (wire.Counts, error) {
	var sum wire.Counts
	left := graves
	err := s.each(ctx, of, n, func(ids []wire.ConnID) {
		ids = without(ids, except)
		if len(ids) == 0 {
			return
		}
		posted := s.Poster.Post(ctx, ids, f)
		sum.Matched += len(ids)
		sum.Delivered += posted.Delivered
		sum.Gone += len(posted.Gone)
		left -= s.bury(ctx, posted.Gone, left)
	})
	return sum, err
}

// each calls f with the ids of everybody who has the topic, page by page.
func (s *Service) each(ctx context.Context, of app.ID, n topic.Name, f func([]wire.ConnID)) error {
	if address, ok := n.Address(); ok {
		return s.eachAt(ctx, of, address, f)
	}
	return pages(func(from Cursor) (Page, error) {
		if n == topic.Main {
			return s.Audience.OfApp(ctx, of, from)
		}
		return s.Audience.Subscribers(ctx, of, n, from)
	}, f)
}

// eachAt calls f with the connection of that id, or else with those of the
// subject. The connection comes first: a subject that took the id of another's
// open connection for its name must not get that one's messages.
func (s *Service) eachAt(ctx context.Context, of app.ID, address string, f func([]wire.ConnID)) error {
	c, err := s.Connections.Get(ctx, wire.ConnID(address))
	switch {
	case err == nil && c.App == of:
		f([]wire.ConnID{c.ID})
		return nil
	case err != nil && !errors.Is(err, ErrNoConnection):
		return unavailable(err)
	}
	return pages(func(from Cursor) (Page, error) {
		return s.Audience.OfSubject(ctx, of, grant.Subject(address), from)
	}, f)
}

// pages calls f with each page that read returns.
func pages(read func(Cursor) (Page, error), f func([]wire.ConnID)) error {
	for from := Cursor(""); ; {
		page, err := read(from)
		if err != nil {
			return unavailable(err)
		}
		f(page.IDs)
		if page.Next == "" {
			return nil
		}
		from = page.Next
	}
}

// without returns ids without one of them. Pages are shared, so it copies.
func without(ids []wire.ConnID, one wire.ConnID) []wire.ConnID {
	if one == "" {
		return ids
	}
	i := slices.Index(ids, one)
	if i < 0 {
		return ids
	}
	return slices.Concat(ids[:i], ids[i+1:])
}

// bury forgets connections that are gone, most of them at most, except young
// ones, whose first 410 proves nothing, and returns how many it looked at.
// Nothing is said of them here but what Disconnect says.
func (s *Service) bury(ctx context.Context, gone []wire.ConnID, most int) int {
	gone = gone[:min(len(gone), most)]
	for _, id := range gone {
		c, err := s.Connections.Get(ctx, id)
		if err == nil && s.Now().Sub(c.ConnectedAt) >= young {
			err = s.Disconnect(ctx, id)
		}
		if err != nil && !errors.Is(err, ErrNoConnection) {
			s.trouble(ctx, "forget a connection that is gone", err)
		}
	}
	return len(gone)
}
