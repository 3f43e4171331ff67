package pubsub

import (
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/topic"
	"tacet/core/wire"
)

// MaxLifetime is how long a connection can live (API Gateway's limit), and
// Grace how much longer its record is kept in case nobody says that it ended.
const (
	MaxLifetime = 2 * time.Hour
	Grace       = 10 * time.Minute
)

// Connection is one WebSocket. It is read by many at a time: whoever changes
// one makes a new one.
type Connection struct {
	ID      wire.ConnID
	App     app.ID
	Subject grant.Subject
	Grants  grant.Grants
	// Address is the anonymised address of the client.
	Address privacy.Anonymised
	// Country is that of the client, where an edge tells it.
	Country     privacy.Country
	ConnectedAt time.Time
	// Deadline is when the connection ends with its token; zero if it does not.
	Deadline time.Time
	// Expires is when the record stops being readable.
	Expires time.Time
}

// client is how c appears inside what it publishes.
func (c *Connection) client() wire.Client {
	return wire.Client{Connection: c.ID, Subject: string(c.Subject)}
}

// presence is how c appears to backends.
func (c *Connection) presence() wire.Client {
	return wire.Client{Connection: c.ID, Subject: string(c.Subject), Permissions: c.Grants.Permissions()}
}

// has reports whether c has n without subscribing: every connection has main
// and its own two private topics for life.
func (c *Connection) has(n topic.Name) bool {
	if n == topic.Main {
		return true
	}
	address, ok := n.Address()
	return ok && (address == string(c.ID) || address == string(c.Subject))
}

// mayRead reports whether c may subscribe to n.
func (c *Connection) mayRead(n topic.Name) bool {
	switch n.Kind() {
	case topic.Secure:
		return c.Grants.MayRead(n)
	case topic.Priv:
		return c.has(n)
	default:
		return true
	}
}
