package pubsub

import (
	"context"
	"errors"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
)

// What stores say when something is not there or does not fit. They are
// compared with errors.Is; any other error of a port means that nobody knows
// whether the call took effect.
var (
	ErrNoApp         = app.ErrNone
	ErrNoConnection  = errors.New("no such connection")
	ErrAppFull       = errors.New("the application has all its connections")
	ErrSubjectFull   = errors.New("the subject has all its connections")
	ErrTooManyTopics = errors.New("the connection has all its topics")
)

// Apps is where applications are read. Safe for concurrent use.
type Apps interface {
	// App returns the application, or ErrNoApp. The caller does not change it.
	// It may come from a cache that is a few seconds old.
	App(ctx context.Context, id app.ID) (*app.App, error)
	// Ring returns the application's verification keys as they are now: one
	// that was revoked before the call is not among them. An application that
	// has none, or is not there any more, has an empty ring, and that is no
	// error.
	Ring(ctx context.Context, of *app.App) (*grant.Ring, error)
}

// Quota bounds what Connections.Add may add to; zero is no bound.
type Quota struct{ PerApp, PerSubject int }

// Connections keeps one record for each open connection, until it is removed
// or expires: an expired one is absent from every answer. Reads see writes
// that returned before. Safe for concurrent use. Callers retry nothing; a
// store retries what it knows not to have happened.
type Connections interface {
	// Add keeps c. It returns ErrAppFull or ErrSubjectFull, having kept
	// nothing, when the quota is used up. Adding the same id again replaces
	// the record, counts once, and is no error.
	Add(ctx context.Context, c *Connection, q Quota) error
	// Get returns the connection, or ErrNoConnection. The caller does not
	// change it.
	Get(ctx context.Context, id wire.ConnID) (*Connection, error)
	// Renew replaces the grants and the deadline, or returns ErrNoConnection:
	// it never brings a removed connection back.
	Renew(ctx context.Context, id wire.ConnID, grants grant.Grants, deadline time.Time) error
	// Remove forgets the connection and all its subscriptions, and returns
	// what it was, or ErrNoConnection.
	Remove(ctx context.Context, id wire.ConnID) (*Connection, error)
	// Due returns connections whose Deadline lies in (after, until].
	Due(ctx context.Context, after, until time.Time) ([]*Connection, error)
}

// Subscriptions keeps who has which topic. Safe for concurrent use.
type Subscriptions interface {
	// Subscribe adds the topic to the connection. It returns ErrNoConnection
	// when there is no such connection, so that a late call cannot leave a
	// subscription behind that nobody removes, and ErrTooManyTopics when it
	// would have more than limit (zero: no limit). A topic that the connection
	// has already is no error and does not count again.
	Subscribe(ctx context.Context, c *Connection, n topic.Name, limit int) error
	// Unsubscribe takes the topic away and reports whether it was there.
	Unsubscribe(ctx context.Context, c *Connection, n topic.Name) (bool, error)
	// TopicsOf returns the topics that the connection subscribed to.
	TopicsOf(ctx context.Context, c *Connection) ([]topic.Name, error)
	// Occupied returns the topics of an application that have subscribers,
	// sorted by name, with how many.
	Occupied(ctx context.Context, of app.ID) ([]TopicCount, error)
}

// TopicCount is a topic and how many connections subscribed to it.
type TopicCount struct {
	Topic       topic.Name `json:"topic"`
	Subscribers int        `json:"subscribers"`
}

// Page is part of an audience. The ids may be shared: nobody changes them. An
// id may occur on two pages when the audience changes meanwhile.
type Page struct {
	IDs []wire.ConnID
	// Next asks for the following page; "" means that this is the last.
	Next Cursor
}

// Cursor is a store's own note of where a page ended. "" is the beginning.
type Cursor string

// Audience answers who is to hear something. Pages hold as many ids as suits
// the store, possibly none. Safe for concurrent use.
type Audience interface {
	// Subscribers returns connections that subscribed to n.
	Subscribers(ctx context.Context, of app.ID, n topic.Name, from Cursor) (Page, error)
	// OfSubject returns the connections of one subject.
	OfSubject(ctx context.Context, of app.ID, who grant.Subject, from Cursor) (Page, error)
	// OfApp returns all connections of the application.
	OfApp(ctx context.Context, of app.ID, from Cursor) (Page, error)
}

// Posted is what became of a frame: how many connections it was handed to,
// which are gone for good or not open yet, and which could not be reached.
type Posted struct {
	Delivered    int
	Gone, Failed []wire.ConnID
}

// Poster reaches the clients. It keeps the order of frames posted one after
// the other to one connection. Safe for concurrent use.
type Poster interface {
	// Post hands f to each connection, once. It tries again what it knows to
	// have failed, within the context's time, and never keeps a frame beyond
	// its return other than in the memory that leads to the socket.
	Post(ctx context.Context, to []wire.ConnID, f wire.Frame) Posted
	// Close ends the connection after what was posted to it before, with the
	// code and reason where the host can. A connection that is gone is no
	// error.
	Close(ctx context.Context, id wire.ConnID, code wire.Code, reason string) error
}

// Recorder writes telemetry.
type Recorder interface {
	// Record takes over an event. With durable it returns when the event will
	// survive the end of the process; else it gives up after a moment, because
	// somebody who was refused may be waiting for the answer; it may return before, an error of
	// the store may be reported with a later call, and the event is refused
	// when the store is too far behind, where waiting would hold up a loop
	// that serves sockets.
	Record(ctx context.Context, r telemetry.Record, durable bool) error
}

// Rates counts what each connection sends. It may be approximate, and forgets
// connections by itself.
type Rates interface {
	// Take counts one message of a connection that may send perSecond of them,
	// and as many at once, and returns zero, or how long to wait when that is
	// too many. perSecond is positive.
	Take(ctx context.Context, id wire.ConnID, perSecond int, now time.Time) (time.Duration, error)
	// Tell reports whether one more refusal of a connection is to be told of,
	// and counts it if so: about perSecond of them are, and as many at once, but
	// no fewer than one. It has no influence on Take. perSecond may be another in
	// each call.
	Tell(id wire.ConnID, perSecond int, now time.Time) bool
}
