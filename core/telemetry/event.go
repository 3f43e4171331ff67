package telemetry

import (
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
)

// NodeID names what terminates the WebSockets: region/api-id/stage on AWS, the
// process on one machine.
type NodeID string

// The topics under which connections are recorded. No topic of an application
// can be called so, which is what tells the three sorts of events apart
// without a ninth attribute.
const (
	TopicConnect    privacy.RecordedTopic = "$connect"
	TopicDisconnect privacy.RecordedTopic = "$disconnect"
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
	// Topic is the topic's name as it may be recorded, TopicConnect or
	// TopicDisconnect.
	Topic privacy.RecordedTopic `json:"topic"`
	// Subscribers is how many connections the message was for.
	Subscribers int       `json:"subscribers"`
	At          time.Time `json:"at"`
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
