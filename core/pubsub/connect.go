package pubsub

import (
	"context"
	"errors"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
)

// Arrival is somebody who wants to connect, as they came to the door.
type Arrival struct {
	ID      wire.ConnID
	App     string // not checked yet
	Token   string // not checked yet; "" when there was none
	Address privacy.Addr
	Country privacy.Country // where an edge told it
}

// Connect admits an arrival, or returns a *fault.Error that says why not:
// Invalid for the application's id, Unauthenticated or Forbidden for the
// token, TooMany for a quota. A connection that was refused leaves nothing
// behind.
func (s *Service) Connect(ctx context.Context, who Arrival) error {
	a, token, err := s.identify(ctx, who.App, who.Token, grant.Client)
	if a != nil {
		from := s.anonymise(ctx, a, who.Address)
		if err == nil {
			err = s.enter(ctx, a, token, who, from)
		}
		if err != nil {
			s.recordRefusal(ctx, a, from, err)
		}
	}
	if s.Meter != nil {
		s.Meter.Connected(ctx, wire.Code(codeOf(err)))
	}
	return err
}

// enter admits an arrival whose token is good.
func (s *Service) enter(ctx context.Context, a *app.App, token grant.Token, who Arrival, from privacy.Anonymised) error {
	now := s.Now().UTC()
	c := &Connection{
		ID: who.ID, App: a.ID, Subject: token.Subject, Grants: token.Grants, Address: from, Country: who.Country,
		ConnectedAt: now, Deadline: deadline(a, token), Expires: now.Add(MaxLifetime + Grace),
	}
	if err := s.admit(ctx, c, a); err != nil {
		return err
	}
	if err := s.Greet(ctx, c.ID); err != nil {
		// Without its greeting a client waits for ever: better it tries again.
		s.forget(ctx, c.ID)
		return unavailable(err)
	}
	return nil
}

// identify returns the application and what the token says of its bearer. With
// an error it returns the application, if that exists and the error is about the
// token. To who asks, one that does not exist looks like one that the token is
// not for.
func (s *Service) identify(ctx context.Context, appID, token string, kind grant.Kind) (*app.App, grant.Token, error) {
	id, err := app.ParseID(appID)
	if err != nil {
		return nil, grant.Token{}, err
	}
	a, err := s.Apps.App(ctx, id)
	switch {
	case token == "": // whether the application exists makes no difference
		return a, grant.Token{}, &fault.Error{Kind: fault.Unauthenticated, Code: wire.CodeUnauthenticated, Text: "there is no access token: send one"}
	case errors.Is(err, ErrNoApp):
		// Without keys the token is refused as any other application's is.
		_, err = grant.Verify(nil, token, s.Now())
		return nil, grant.Token{}, err
	case err != nil:
		return nil, grant.Token{}, unavailable(err)
	}
	t, err := s.verify(ctx, a, token, kind)
	if err == nil {
		err = serves(a) // strangers are not told
	}
	return a, t, err
}

// verify checks a token against the application's keys of one kind.
func (s *Service) verify(ctx context.Context, a *app.App, token string, kind grant.Kind) (grant.Token, error) {
	ring, err := s.Apps.Ring(ctx, a)
	if err != nil {
		return grant.Token{}, unavailable(err)
	}
	t, err := s.verifyWith(ctx, ring, token, kind, false)
	if strange(err) && ring.Fetched(kind, s.Now()) {
		t, err = s.verifyWith(ctx, ring, token, kind, true)
	}
	return t, err
}

func (s *Service) verifyWith(ctx context.Context, ring *grant.Ring, token string, kind grant.Kind, fresh bool) (grant.Token, error) {
	now := s.Now()
	keys, err := ring.Keys(ctx, kind, now, s.FetchKeys, fresh)
	if err != nil {
		return grant.Token{}, unavailable(err)
	}
	return grant.Verify(keys, token, now)
}

// serves refuses what is asked of an application that is suspended.
func serves(a *app.App) error {
	if !a.Suspended {
		return nil
	}
	return &fault.Error{
		Kind: fault.Forbidden, Code: wire.CodeSuspended,
		Text: suspended,
	}
}

const suspended = "this application is suspended: an owner or an admin of its account can resume it"

// IsClientToken reports whether the token would let a client connect: a
// frequent mistake of backends, which "signed with another key" does not
// explain.
func (s *Service) IsClientToken(ctx context.Context, of app.ID, token string) bool {
	a, err := s.Apps.App(ctx, of)
	if err != nil {
		return false
	}
	_, err = s.verify(ctx, a, token, grant.Client)
	return err == nil
}

// strange reports whether a token was signed with a key that is not known,
// perhaps because its issuer has just begun to use it.
func strange(err error) bool {
	reason := grant.ReasonOf(err)
	return reason == grant.NoKey || reason == grant.BadSignature
}

// deadline is when a connection ends with its token; zero if it does not.
func deadline(a *app.App, t grant.Token) time.Time {
	if a.Settings.Expiry == app.ExpiryEnforce {
		return t.Expires
	}
	return time.Time{}
}

func (s *Service) admit(ctx context.Context, c *Connection, a *app.App) error {
	limits := a.Limits()
	err := s.Connections.Add(ctx, c, Quota{PerApp: limits.Connections, PerSubject: limits.ConnectionsPerSubject})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrAppFull):
		return &fault.Error{Kind: fault.TooMany, Code: wire.CodeConnections, Text: "the application has as many connections as its plan allows: close some, or choose a larger plan", Cause: err}
	case errors.Is(err, ErrSubjectFull):
		return &fault.Error{Kind: fault.TooMany, Code: wire.CodeConnectionsPerSubject, Text: "this subject has as many connections as the plan allows: close one first", Cause: err}
	default:
		// It may have been kept, and would count against the quota for hours.
		s.forget(ctx, c.ID)
		return unavailable(err)
	}
}

// forget removes a connection that was refused after all, also when that was
// because the time was up.
func (s *Service) forget(ctx context.Context, id wire.ConnID) {
	ctx = context.WithoutCancel(ctx)
	if _, err := s.Connections.Remove(ctx, id); err != nil && !errors.Is(err, ErrNoConnection) {
		s.trouble(ctx, "forget a refused connection", err)
	}
}

// greetingPatience is how long Welcome goes on trying: a connection can be
// posted to a moment after connect has returned, and not before.
const greetingPatience = 5 * time.Second

var errUngreeted = errors.New("the greeting could not be handed over")

// Welcome greets an open connection, tells backends that it is there, and
// records it, without waiting for the record. It returns ErrNoConnection in its
// chain when there is nobody to greet any more. Repeating it greets again.
func (s *Service) Welcome(ctx context.Context, id wire.ConnID, wait func(context.Context, time.Duration) error) error {
	c, err := s.Connections.Get(ctx, id)
	if err != nil {
		return absent(err, "there is no such connection")
	}
	a, err := s.Apps.App(ctx, c.App)
	if err != nil {
		return absent(err, "there is no such application")
	}
	if err := s.greet(ctx, c, wait); err != nil {
		return err
	}
	if d := c.Deadline; !d.IsZero() && d.Sub(s.Now()) <= Warning {
		s.Poster.Post(ctx, []wire.ConnID{id}, wire.TokenExpiring(d))
	}
	gone := s.announce(ctx, c, true)
	s.record(ctx, a, telemetry.Event{
		ClientIP: c.Address, Topic: telemetry.TopicConnect, Country: c.Country, Subscribers: s.countOpen(ctx, a.ID, 0),
	}, false)
	s.bury(ctx, gone)
	return nil
}

// greet posts the greeting, again and again until it is handed over. A
// connection that is gone when it should long have been open is forgotten: by
// then connect has returned, however long it took. One that only cannot be
// reached is not, because it may well be there.
func (s *Service) greet(ctx context.Context, c *Connection, wait func(context.Context, time.Duration) error) error {
	hello := wire.Welcome(string(c.App), c.ID, c.Address.String())
	begun := s.Now()
	for pause := 10 * time.Millisecond; ; pause *= 2 {
		posted := s.Poster.Post(ctx, []wire.ConnID{c.ID}, hello)
		now := s.Now()
		switch {
		case posted.Delivered == 1:
			return nil
		case len(posted.Gone) > 0 && (now.Sub(begun) > greetingPatience || now.Sub(c.ConnectedAt) > young):
			s.forget(ctx, c.ID)
			return absent(ErrNoConnection, "the connection closed before it could be greeted")
		case now.Sub(begun) > greetingPatience:
			return unavailable(errUngreeted)
		}
		if err := wait(ctx, pause); err != nil {
			return unavailable(err)
		}
	}
}

// announce tells the application's backends that a connection came or went, and
// returns those that are gone.
func (s *Service) announce(ctx context.Context, c *Connection, here bool) (gone []wire.ConnID) {
	var frame wire.Frame // made if there is somebody to tell
	err := s.each(ctx, c.App, topic.Inbound, func(ids []wire.ConnID, _ bool) {
		if len(ids) == 0 {
			return
		}
		if frame.JSON == nil {
			frame = wire.Presence(c.presence(), here)
		}
		gone = append(gone, s.Poster.Post(ctx, ids, frame).Gone...)
	})
	if err != nil {
		s.trouble(ctx, "announce presence", err)
	}
	if here && frame.JSON != nil {
		gone = append(gone, s.retract(ctx, c)...)
	}
	return gone
}

// retract takes back that a connection came, if it has gone meanwhile: that it
// did may have been told before, and backends would believe for ever that it is
// there. If it goes after this look, that is told later.
func (s *Service) retract(ctx context.Context, c *Connection) (gone []wire.ConnID) {
	switch _, err := s.Connections.Get(ctx, c.ID); {
	case errors.Is(err, ErrNoConnection):
		return s.announce(ctx, c, false)
	case err != nil:
		s.trouble(ctx, "announce presence", err)
	}
	return nil
}

// Disconnect forgets a connection that ended, tells backends, and records it,
// without waiting for the record: nobody is left to be told. One that is not
// known is no error: it was forgotten before.
func (s *Service) Disconnect(ctx context.Context, id wire.ConnID) error {
	gone, err := s.leave(ctx, id)
	s.bury(ctx, gone)
	return err
}

// leave is Disconnect, and returns the backends that turned out to be gone.
func (s *Service) leave(ctx context.Context, id wire.ConnID) (gone []wire.ConnID, err error) {
	c, err := s.Connections.Remove(ctx, id)
	if errors.Is(err, ErrNoConnection) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	if s.Meter != nil {
		s.Meter.Disconnected(ctx)
	}
	a, err := s.Apps.App(ctx, c.App)
	if errors.Is(err, ErrNoApp) {
		return nil, nil // it was deleted: nobody is left to be told, and nothing of it is recorded any more
	}
	gone = s.announce(ctx, c, false)
	if err != nil {
		return gone, unavailable(err)
	}
	s.record(ctx, a, telemetry.Event{
		ClientIP: c.Address, Topic: telemetry.TopicDisconnect, Subscribers: s.countOpen(ctx, a.ID, 1),
	}, false)
	return gone, nil
}
