package apigw

import (
	"fmt"
	"log/slog"
)

// The route keys that API Gateway itself selects.
const (
	RouteConnect    = "$connect"
	RouteDisconnect = "$disconnect"
	RouteDefault    = "$default"
)

// EventType says which of the four events an Event is.
type EventType string

// The types of event. Authorize is ours: on the wire an authorizer's event
// says CONNECT, and is told apart by its key "type".
const (
	Connect    EventType = "CONNECT"
	Message    EventType = "MESSAGE"
	Disconnect EventType = "DISCONNECT"
	Authorize  EventType = "AUTHORIZE"
)

// Event is what API Gateway invokes a function with. Which fields mean
// something depends on Type.
//
// A handler must look at Type before RouteKey: what a client reaches that asks
// for the route "$connect" in a message is not documented.
type Event struct {
	Type     EventType
	RouteKey string // the route selected: "$default" also when it was the last resort

	// ConnectionID is 16 characters of URL-safe base64 on API Gateway; treat
	// it as opaque.
	ConnectionID string
	// RequestID is written as requestId and extendedRequestId, which are equal.
	RequestID string
	MessageID string // MESSAGE only

	APIID      string
	Stage      string
	DomainName string // what the client connected to
	MethodARN  string // authorizer only

	ConnectedAt int64 // milliseconds since 1970; the same for all events of a connection
	RequestTime int64 // milliseconds since 1970

	SourceIP  Private
	UserAgent Private // zero: the client sent none, and the key is left out

	// Authorizer is nil when no authorizer ran.
	Authorizer *AuthorizerContext

	Headers        Header            // CONNECT, DISCONNECT (reduced), authorizer
	Query          Query             // CONNECT, authorizer
	StageVariables map[string]string // nil when the stage has none

	// Body is the text of the whole message: MESSAGE only. A gateway that
	// calls a handler in its own process lends it for the length of the call.
	Body []byte
	// IsBase64Encoded is false on every event that API Gateway makes.
	IsBase64Encoded bool

	// DisconnectCode and DisconnectReason: DISCONNECT only. The code is the
	// WebSocket close code (RFC 6455 §7.4); the reason may be empty.
	DisconnectCode   int
	DisconnectReason string
}

// AuthorizerContext is what a Lambda authorizer has said about a connection.
type AuthorizerContext struct {
	PrincipalID string
	// Context holds the authorizer's own keys, all as text.
	Context map[string]string
	// Latency of the authorizer in milliseconds: CONNECT only.
	Latency int64
}

// Format writes type, route and connection, for every verb: an event holds a
// payload, perhaps a token, and an address.
func (e Event) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%s %s of %s", e.Type, e.RouteKey, e.ConnectionID)
}

// LogValue returns type, route and connection.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(slog.String("type", string(e.Type)),
		slog.String("route", e.RouteKey), slog.String("connection", e.ConnectionID))
}

// MarshalJSON returns AppendJSON(nil). Mind that a logger which encodes a
// struct with an Event in it comes here too: hand it the Event itself, which
// has a LogValue.
func (e Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// UnmarshalJSON decodes what AppendJSON wrote, or API Gateway.
func (e *Event) UnmarshalJSON(b []byte) (err error) { *e, err = Decode(b); return err }
