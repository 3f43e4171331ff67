package wire

import (
	"encoding/json"
	"strconv"
	"time"

	"tacet/core/fault"
	"tacet/core/topic"
)

// Frame is a frame from the server, encoded once and shared by all its
// receivers: nobody may change its bytes. The zero value is no frame.
type Frame struct {
	JSON []byte
	// Binary asks for a binary frame, where the host can send one.
	Binary bool
}

// Client says, inside a publication, who published.
type Client struct {
	Connection ConnID
	Subject    string
	// Permissions go to the application's backends only (secure/inbound):
	// nil leaves them out.
	Permissions []string
}

// The message types by which the server is known on topics where others speak
// too.
const (
	WelcomeType  = "welcome"  // on main
	PresenceType = "presence" // on secure/inbound
)

// subProtocol is the version of this protocol, as clients' presence has it.
const subProtocol = 1

// Publication returns what subscribers of r.Topic receive.
func Publication(r *Request, from Client) Frame {
	b := make([]byte, 0, 160+len(r.Payload)+len(r.Topic)+len(from.Subject)+len(r.ID))
	b = head(b, r.Topic, r.MessageType)
	b = append(b, `{"client":`...)
	b = appendClient(b, from, false)
	b = append(b, `,"payload":`...)
	b = append(b, r.Payload...)
	if r.ID != "" {
		b = append(b, `,"id":`...)
		b = appendString(b, r.ID)
	}
	return Frame{JSON: append(b, '}', '}'), Binary: r.Compress}
}

// BackendPublication returns what subscribers receive of a backend's
// publication: the message itself is the data. A message of null becomes {},
// because data is never null.
func BackendPublication(on topic.Name, messageType string, message []byte, binary bool) Frame {
	if string(message) == "null" {
		message = []byte("{}")
	}
	b := make([]byte, 0, 64+len(on)+len(message))
	b = head(b, on, messageType)
	b = append(b, message...)
	return Frame{JSON: append(b, '}'), Binary: binary}
}

// Presence returns what backends are told when a client comes or goes.
func Presence(who Client, connected bool) Frame {
	status, code := "connected", 0
	if !connected {
		status, code = "disconnected", -1
	}
	b := head(nil, topic.Inbound, PresenceType)
	b = append(b, `{"client":`...)
	b = appendClient(b, who, true)
	b = append(b, `,"payload":{"status":"`...)
	b = append(b, status...)
	b = append(b, `","code":`...)
	b = strconv.AppendInt(b, int64(code), 10)
	return Frame{JSON: append(b, `}}}`...)}
}

// Welcome returns the first frame of a connection. remoteAddress is the
// anonymised address, "" when the application records none.
func Welcome(app string, conn ConnID, remoteAddress string) Frame {
	b := head(make([]byte, 0, 192+len(remoteAddress)), topic.Main, WelcomeType)
	b = append(b, `{"connection":{"id":`...)
	b = appendString(b, string(conn))
	b = append(b, `,"appId":`...)
	b = appendString(b, app)
	b = append(b, `,"remoteAddress":`...)
	b = appendString(b, remoteAddress)
	return Frame{JSON: append(b, `}}}`...)}
}

// Counts are the numbers in an ack: how many connections had the topic, how
// many the frame was handed to, how many were found gone. What is left over
// could not be reached now.
type Counts struct {
	Matched, Delivered, Gone int
}

// Ack returns the answer to the request with the given id.
func Ack(id string, n Counts) Frame {
	b := make([]byte, 0, 96+len(id))
	b = head(b, "priv/acks", "ack")
	b = append(b, `{"data":`...)
	b = appendString(b, id)
	b = append(b, `,"matched":`...)
	b = strconv.AppendInt(b, int64(n.Matched), 10)
	b = append(b, `,"delivered":`...)
	b = strconv.AppendInt(b, int64(n.Delivered), 10)
	b = append(b, `,"gone":`...)
	b = strconv.AppendInt(b, int64(n.Gone), 10)
	return Frame{JSON: append(b, `}}`...)}
}

// Error returns the answer to a request that failed; id may be "". Anything
// that is not a fault is told as internal.
func Error(id string, err error) Frame {
	f := fault.Public(err)
	b := head(nil, "priv/errors", "error")
	b = append(b, '{')
	if id != "" {
		b = append(b, `"id":`...)
		b = append(appendString(b, id), ',')
	}
	b = append(b, `"code":`...)
	b = strconv.AppendUint(b, uint64(CodeOf(f)), 10)
	b = append(b, `,"message":`...)
	b = appendString(b, f.Text)
	if f.RetryAfter > 0 {
		b = append(b, `,"retryAfterMs":`...)
		b = strconv.AppendInt(b, int64((f.RetryAfter+time.Millisecond-1)/time.Millisecond), 10)
	}
	return Frame{JSON: append(b, `}}`...)}
}

// Pong returns the answer to a ping.
func Pong() Frame { return session("pong", `{}`) }

// TokenExpiring returns the warning that the token ends at the given time.
func TokenExpiring(at time.Time) Frame {
	return session("token-expiring", `{"expiresAt":"`+at.UTC().Format(time.RFC3339)+`"}`)
}

// Reconnect returns the request to come back after about the given time,
// which a server sends before it stops.
func Reconnect(after time.Duration) Frame {
	return session("reconnect", `{"afterMs":`+strconv.FormatInt(after.Milliseconds(), 10)+`}`)
}

func session(messageType, data string) Frame {
	return Frame{JSON: append(append(head(nil, "priv/session", messageType), data...), '}')}
}

// head begins a frame, up to where its data goes.
func head(b []byte, on topic.Name, messageType string) []byte {
	b = append(b, `{"topic":"`...)
	b = append(b, on...) // legal characters of a name need no escaping
	b = append(b, `","messageType":`...)
	b = appendString(b, messageType)
	return append(b, `,"data":`...)
}

func appendClient(b []byte, c Client, presence bool) []byte {
	b = append(b, `{"connectionId":`...)
	b = appendString(b, string(c.Connection))
	b = append(b, `,"subject":`...)
	b = appendString(b, c.Subject)
	if c.Permissions != nil || presence {
		b = append(b, `,"permissions":[`...)
		for i, p := range c.Permissions {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, p)
		}
		b = append(b, ']')
	}
	if presence {
		b = append(b, `,"subProtocol":`...)
		b = strconv.AppendInt(b, subProtocol, 10)
	}
	return append(b, '}')
}

// appendString appends s as a JSON string. Nearly all of ours are plain.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			quoted, err := json.Marshal(s) // cannot fail for a string
			if err != nil {
				return append(b, `""`...)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
