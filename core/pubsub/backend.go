package pubsub

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/topic"
	"tacet/core/wire"
)

// Backend is the bearer of an admin token: one of an application's own
// servers. It is made by Service.Backend and lives for one request.
type Backend struct {
	service *Service
	App     *app.App
	grants  grant.Grants
	from    privacy.Addr
}

// Backend returns the bearer of an admin token for the application, who asks
// from an address, or a *fault.Error as Connect does.
func (s *Service) Backend(ctx context.Context, appID, token string, from privacy.Addr) (*Backend, error) {
	a, t, err := s.identify(ctx, appID, token, grant.Admin)
	b := &Backend{service: s, App: a, grants: t.Grants, from: from}
	if err != nil {
		if a != nil {
			b.Refused(ctx, err)
		}
		return nil, err
	}
	return b, nil
}

// Refused records that a request of the backend was refused, and why. Who
// answers the request calls it, once, whether the backend refused or he did.
func (b *Backend) Refused(ctx context.Context, err error) {
	b.service.recordRefusal(ctx, b.App, b.service.anonymise(ctx, b.App, b.from), err)
}

// May returns nil if the token allows the action, else a fault that says what
// the token lacks.
func (b *Backend) May(action grant.Action) error {
	if b.grants.May(action) {
		return nil
	}
	return &fault.Error{
		Kind: fault.Forbidden, Code: wire.CodeForbidden,
		Text: "the token does not grant this: it needs the permission " + string(action),
	}
}

// Publication is what a backend publishes.
type Publication struct {
	Topic       topic.Name
	MessageType string // "" means wire.DefaultMessageType
	Message     []byte // JSON, checked to be well-formed; passed on as it is
	Compress    bool
}

// Publish sends a message to everybody who has the topic.
func (b *Backend) Publish(ctx context.Context, p Publication) (wire.Counts, error) {
	begun := b.service.Now()
	if err := mayPublish(b.grants.MayPublish, p.Topic); err != nil {
		return wire.Counts{}, err
	}
	if p.MessageType == "" {
		p.MessageType = wire.DefaultMessageType
	}
	if err := notOurs(p.Topic, p.MessageType); err != nil {
		return wire.Counts{}, err
	}
	frame := wire.BackendPublication(p.Topic, p.MessageType, p.Message, p.Compress)
	if err := fits(b.App, len(p.Message), frame); err != nil {
		return wire.Counts{}, err
	}
	counts, took, err := b.service.fanOut(ctx, b.App.ID, p.Topic, frame, "", begun)
	by := b.service.anonymise(ctx, b.App, b.from)
	b.service.recordMessage(ctx, b.App, by, message{len(p.Message), p.Topic, counts, took}, true)
	return counts, err
}

// Topics returns the occupied topics, sorted by name.
func (b *Backend) Topics(ctx context.Context) ([]TopicCount, error) {
	if err := b.May(grant.ManageSubscribers); err != nil {
		return nil, err
	}
	topics, err := b.service.Subscriptions.Occupied(ctx, b.App.ID)
	if err != nil {
		return nil, unavailable(err)
	}
	return topics, nil
}

// Unsubscribe takes topics that match one of the patterns away from all
// connections of a subject, and returns how many subscriptions that were. A
// subject that is not there has none.
func (b *Backend) Unsubscribe(ctx context.Context, who grant.Subject, patterns []topic.Pattern) (int, error) {
	if err := b.May(grant.ManageSubscribers); err != nil {
		return 0, err
	}
	var removed atomic.Int64
	whom := func(from Cursor) (Page, error) {
		return b.service.Audience.OfSubject(ctx, b.App.ID, who, from)
	}
	err := b.eachOf(ctx, whom, func(c *Connection) error {
		topics, err := b.service.Subscriptions.TopicsOf(ctx, c)
		if err != nil {
			return err
		}
		for _, n := range topics {
			if !slices.ContainsFunc(patterns, func(p topic.Pattern) bool { return p.Match(n) }) {
				continue
			}
			was, err := b.service.Subscriptions.Unsubscribe(ctx, c, n)
			if err != nil {
				return err
			}
			if was {
				removed.Add(1)
			}
		}
		return nil
	})
	return int(removed.Load()), err
}

// Disconnect ends one connection and reports whether it was there. One of
// another application is not there.
func (b *Backend) Disconnect(ctx context.Context, id wire.ConnID) (bool, error) {
	if err := b.May(grant.ManageConnections); err != nil {
		return false, err
	}
	c, err := b.service.Connections.Get(ctx, id)
	if errors.Is(err, ErrNoConnection) || err == nil && c.App != b.App.ID {
		return false, nil
	}
	if err == nil {
		err = b.end(ctx, c)
	}
	if err != nil {
		return false, unavailable(err)
	}
	return true, nil
}

// DisconnectSubject ends all connections of a subject and returns how many that
// were.
func (b *Backend) DisconnectSubject(ctx context.Context, who grant.Subject) (int, error) {
	return b.disconnect(ctx, func(from Cursor) (Page, error) {
		return b.service.Audience.OfSubject(ctx, b.App.ID, who, from)
	})
}

// DisconnectAll ends all connections of the application and returns how many
// that were.
func (b *Backend) DisconnectAll(ctx context.Context) (int, error) {
	return b.disconnect(ctx, func(from Cursor) (Page, error) {
		return b.service.Audience.OfApp(ctx, b.App.ID, from)
	})
}

func (b *Backend) disconnect(ctx context.Context, whom func(Cursor) (Page, error)) (int, error) {
	if err := b.May(grant.ManageConnections); err != nil {
		return 0, err
	}
	var ended atomic.Int64
	err := b.eachOf(ctx, whom, func(c *Connection) error {
		if err := b.end(ctx, c); err != nil {
			return err
		}
		ended.Add(1)
		return nil
	})
	return int(ended.Load()), err
}

func (b *Backend) end(ctx context.Context, c *Connection) error {
	return b.service.Poster.Close(ctx, c.ID, wire.CloseNormal, "disconnected by the application")
}

// eachOf calls f for each connection that the pages of whom hold, for some at a
// time. It reads all ids first, because f may change what is paged over, goes on
// after an error as long as there is time, and returns one of them.
func (b *Backend) eachOf(ctx context.Context, whom func(Cursor) (Page, error), f func(*Connection) error) error {
	var ids []wire.ConnID
	err := b.service.pages(ctx, whom, func(page []wire.ConnID, _ bool) { ids = append(ids, page...) })
	if err != nil {
		return err
	}
	var failed atomic.Pointer[error]
	abreast(ids, func(id wire.ConnID) {
		err := errTime
		if b.service.hasTime(ctx) {
			err = b.seeTo(ctx, id, f)
		}
		if err != nil {
			failed.Store(&err)
		}
	})
	if err := failed.Load(); err != nil {
		return unavailable(*err)
	}
	return nil
}

// seeTo calls f for a connection, if it is still there.
func (b *Backend) seeTo(ctx context.Context, id wire.ConnID, f func(*Connection) error) error {
	c, err := b.service.Connections.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNoConnection):
		return nil
	case err != nil:
		return err
	}
	return f(c)
}
