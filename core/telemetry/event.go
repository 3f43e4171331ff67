package telemetry

import (
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
)

// NodeID names what terminates the WebSockets: region/api-id/stage on AWS, the
// process on one machine.
type NodeID string

// The topics under which connections and refusals are recorded. No topic of an
// application can be called so, which is what tells the sorts of events apart
// without an attribute for it.
const (
	TopicConnect    privacy.RecordedTopic = "$connect"
	TopicDisconnect privacy.RecordedTopic = "$disconnect"
	TopicError      privacy.RecordedTopic = "$error"
)

// Event is one record about a message or a connection. Each field is an
// attribute of the manifest in core/privacy; a test fails on a field that the
// manifest lacks. It is immutable.
type Event struct {
	Node        NodeID             `json:"node"`
	App         app.ID             `json:"app"`
	ClientIP    privacy.Anonymised `json:"clientIp,omitzero"`
	PublisherIP privacy.Anonymised `json:"publisherIp,omitzero"`
	// Size is the length of the payload in bytes; zero for connections.
	Size int `json:"size"`
	// Topic is the topic's name as it may be recorded, TopicConnect,
	// TopicDisconnect or TopicError.
	Topic privacy.RecordedTopic `json:"topic"`
	// Subscribers is how many connections the message was for. Of a connection
	// that came or went it is how many the application had with it, 0 if nobody
	// counted.
	Subscribers int       `json:"subscribers"`
	At          time.Time `json:"at"`
	// Country is that of a client that connected, where an edge tells it.
	Country privacy.Country `json:"country,omitempty"`
	// TookMicros is how many microseconds a message took from its receipt to
	// its last post, 0 if nobody measured it.
	TookMicros int64 `json:"tookMicros,omitempty"`
	// Code says why something was refused: a number of wire.Catalogue.
	Code int `json:"code,omitempty"`
}

// Record is an event with the time at which it stops being readable, which
// the plan decides when it is written.
type Record struct {
	Event
	Expires time.Time
}

// Readable reports whether r may still be read at now. Stores reclaim the
// space later than that; every read asks.
func (r Record) Readable(now time.Time) bool { return now.Before(r.Expires) }
