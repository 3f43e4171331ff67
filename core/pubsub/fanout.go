package pubsub

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/topic"
	"tacet/core/wire"
)

// young is how long a connection that looks gone gets the benefit of the
// doubt: API Gateway answers 410 for a moment after a connection has opened.
const young = 10 * time.Second

// fanOut hands a frame to everybody who has the topic, but for one, and
// returns how many that were, and how long it took since it began. An error means
// that not all of them are known; the counts are then of those that were.
func (s *Service) fanOut(ctx context.Context, of app.ID, n topic.Name, f wire.Frame, except wire.ConnID, begun time.Time) (wire.Counts, time.Duration, error) {
	o := &fanning{s: s, ctx: ctx, frame: f}
	err := s.each(ctx, of, n, func(ids []wire.ConnID, more bool) {
		if ids = without(ids, except); len(ids) > 0 {
			o.page(ids, more)
		}
	})
	o.posts.Wait()
	took := s.since(begun)
	// Only now: who is there hears it before those who are not are seen to.
	s.bury(ctx, o.gone)
	return o.sum, took, o.partly(err)
}

// partly says of an error, if some had been reached before it, that sending
// again is not as if nothing had happened.
func (o *fanning) partly(err error) error {
	if err == nil || o.sum.Delivered == 0 {
		return err
	}
	return &fault.Error{
		Kind: fault.Unavailable, Cause: err,
		Text: "not everybody could be reached: " + strconv.Itoa(o.sum.Delivered) + " connections got the message, and would get it again if it is sent again",
	}
}

// pagesAtOnce is how many pages are posted to at a time: a receiver that keeps
// its page waiting must not keep all pages behind it waiting too.
const pagesAtOnce = 4

// fanning is one call of fanOut.
type fanning struct {
	s     *Service
	ctx   context.Context
	frame wire.Frame
	turns chan struct{} // made if there are several pages
	posts crew

	mu   sync.Mutex
	sum  wire.Counts
	gone []wire.ConnID
}

// page posts to a page: while others are read, if there are more.
func (o *fanning) page(ids []wire.ConnID, more bool) {
	if !more {
		o.post(ids)
		return
	}
	if o.turns == nil {
		o.turns = make(chan struct{}, pagesAtOnce)
	}
	o.turns <- struct{}{}
	o.posts.Go(func() {
		defer func() { <-o.turns }()
		o.post(ids)
	})
}

func (o *fanning) post(ids []wire.ConnID) {
	posted := o.s.Poster.Post(o.ctx, ids, o.frame)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sum.Matched += len(ids)
	o.sum.Delivered += posted.Delivered
	o.sum.Gone += len(posted.Gone)
	o.gone = append(o.gone, posted.Gone...)
}

// each calls f with the ids of everybody who has the topic, page by page, and
// with whether there are more pages.
func (s *Service) each(ctx context.Context, of app.ID, n topic.Name, f func(ids []wire.ConnID, more bool)) error {
	if address, ok := n.Address(); ok {
		return s.eachAt(ctx, of, address, f)
	}
	return s.pages(ctx, func(from Cursor) (Page, error) {
		if n == topic.Main {
			return s.Audience.OfApp(ctx, of, from)
		}
		return s.Audience.Subscribers(ctx, of, n, from)
	}, f)
}

// eachAt calls f with the connection of that id, or else with those of the
// subject. The connection comes first: a subject that took the id of another's
// open connection for its name must not get that one's messages.
func (s *Service) eachAt(ctx context.Context, of app.ID, address string, f func(ids []wire.ConnID, more bool)) error {
	c, err := s.Connections.Get(ctx, wire.ConnID(address))
	switch {
	case err == nil && c.App == of:
		f([]wire.ConnID{c.ID}, false)
		return nil
	case err != nil && !errors.Is(err, ErrNoConnection):
		return unavailable(err)
	}
	return s.pages(ctx, func(from Cursor) (Page, error) {
		return s.Audience.OfSubject(ctx, of, grant.Subject(address), from)
	}, f)
}

// pages calls f with each page that read returns, and with whether there are
// more. It stops with an error when there is no time left for another one.
func (s *Service) pages(ctx context.Context, read func(Cursor) (Page, error), f func(ids []wire.ConnID, more bool)) error {
	for from := Cursor(""); ; {
		page, err := read(from)
		if err != nil {
			return unavailable(err)
		}
		f(page.IDs, page.Next != "")
		switch {
		case page.Next == "":
			return nil
		case !s.hasTime(ctx):
			return unavailable(errTime)
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

// mourning is how long somebody who published waits for those to be forgotten
// who are gone.
const mourning = time.Second

// bury forgets connections that are gone, except young ones, whose first 410
// proves nothing. Nothing is said of them here but what Disconnect says. Of many
// it forgets as many as there is time for: the next frame finds the others gone
// again. Backends that it finds gone are left for that too; else one that goes
// would be told of each of the others.
func (s *Service) bury(ctx context.Context, gone []wire.ConnID) {
	until := s.Now().Add(mourning)
	abreast(gone, func(id wire.ConnID) {
		if s.Now().After(until) || !s.hasTime(ctx) {
			return
		}
		c, err := s.Connections.Get(ctx, id)
		if err == nil && s.Now().Sub(c.ConnectedAt) >= young {
			_, err = s.leave(ctx, id)
		}
		if err != nil && !errors.Is(err, ErrNoConnection) {
			s.trouble(ctx, "forget a connection that is gone", err)
		}
	})
}
