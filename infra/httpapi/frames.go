package httpapi

import (
	"encoding/json"
	"maps"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/topic"
	"tacet/core/wire"
)

// frameKind is one kind of frame, as the AsyncAPI document has it.
type frameKind struct {
	name, summary string
	payload       object // its schema
	id            string // where the request's id stands in it, "" if nowhere
	examples      []example
	answers       []string // what may come back to it; nil for the server's own
	asked         bool     // it comes only as an answer
}

type example struct {
	summary string
	frame   json.RawMessage
}

func (k frameKind) message() object {
	examples := make([]object, len(k.examples))
	for i, e := range k.examples {
		examples[i] = object{"summary": e.summary, "payload": e.frame}
	}
	m := object{"name": k.name, "summary": k.summary, "payload": k.payload, "examples": examples}
	if k.id != "" {
		m["correlationId"] = object{"location": "$message.payload#" + k.id}
	}
	return m
}

// structure returns the schema of an object.
func structure(members object, required ...string) object {
	s := object{"type": "object", "properties": members}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// scalar returns the schema of a string, a number, a boolean.
func scalar(kind, description string) object {
	return object{"type": kind, "description": description}
}

// upTo returns the schema of a string of at most so many bytes. JSON Schema
// counts characters, of which there are never more.
func upTo(most int, description string) object {
	return object{"type": "string", "maxLength": most, "description": description}
}

// orNull returns the schema of what may be null as well.
func orNull(schema object) object {
	schema["type"] = []any{schema["type"], "null"}
	return schema
}

// What frames have in common.
var (
	topicRef  = ref("components/schemas/topic")
	clientRef = ref("components/schemas/client")
	senderRef = ref("components/schemas/sender")
	payload   = object{"description": "Any JSON, byte for byte as it came."}
)

func sharedSchemas() object {
	const segment = "[A-Za-z0-9_=@,.;:-]+"
	client := object{
		"connectionId": scalar("string", "Opaque. priv/<connectionId> reaches it."),
		"subject":      upTo(grant.MaxSubjectLength, "The sub of its token."),
	}
	sender := maps.Clone(client)
	sender["permissions"] = object{"type": "array", "items": scalar("string", "As its token has it.")}
	sender["subProtocol"] = scalar("integer", "The protocol's version, in presence only.")
	return object{
		"topic": object{
			"type": "string", "maxLength": topic.MaxLength, "examples": []string{"chat", "chat/room-1", "secure/orders"},
			"pattern": "^" + segment + "(/" + segment + ")*$", "not": object{"pattern": "^(secure|priv|tacet|tacet/.*)$"},
			"description": "Segments between slashes. Publishing needs a grant, whatever the topic. Subscribing needs one for secure/…; priv/… is the address of one connection or subject, who has it for life, and nobody else can have it; all others are open to every token of the application. On priv/acks, priv/errors and priv/session the server alone speaks; tacet/… is reserved.",
		},
		"client": structure(client, "connectionId", "subject"),
		"sender": structure(sender, "connectionId", "subject", "permissions"),
	}
}

// clientFrames returns what clients may send.
func clientFrames() []frameKind {
	id := orNull(upTo(wire.MaxID, "Yours: it asks for an ack, and stands in what answers."))
	message := object{
		"payload": payload, "id": id,
		"messageType": orNull(upTo(wire.MaxMessageType, "What receivers see: "+wire.DefaultMessageType+" unless given. Leave out dots, at which client libraries split names.")),
		"compress":    orNull(scalar("boolean", "Ask for binary frames, where the host can send them.")),
	}
	publish := maps.Clone(message)
	publish["topic"] = topicRef
	publish["echo"] = orNull(scalar("boolean", "False keeps it from its own publisher, who gets it otherwise."))
	token := upTo(grant.MaxTokenLength, "A fresh token of the same subject.")
	token["minLength"] = 1
	return []frameKind{
		request(wire.TypeSubscribe, "Subscribe to a topic.", structure(object{"topic": topicRef, "id": id}, "topic"),
			example{"With an ack", json.RawMessage(`{"type":"subscribe","data":{"topic":"chat","id":"1"}}`)},
			example{"Without", json.RawMessage(`{"type":"subscribe","data":{"topic":"secure/orders"}}`)}),
		request(wire.TypeUnsubscribe, "Give a topic back.", structure(object{"topic": topicRef, "id": id}, "topic"),
			example{"With an ack", json.RawMessage(`{"type":"unsubscribe","data":{"topic":"chat","id":"2"}}`)}),
		request(wire.TypePublish, "Publish to everybody who has the topic.", structure(publish, "topic"),
			example{"The least", json.RawMessage(`{"type":"publish","data":{"topic":"chat","payload":{"text":"hello"}}}`)},
			example{"All there is", json.RawMessage(`{"type":"publish","data":{"topic":"chat","messageType":"question","payload":"6 × 7?","id":"q1","compress":false,"echo":false}}`)},
			example{"A reply to q1, as the public clients write it", json.RawMessage(`{"type":"publish","data":{"topic":"priv/L0SM9cOFvHcCIhw=","messageType":"response","payload":{"data":42,"status":"ok","id":"q1"}}}`)}),
		request(wire.TypeMessage, "Tell the application's backends something. It needs no grant.", orNull(structure(message)),
			example{"With an ack", json.RawMessage(`{"type":"message","data":{"messageType":"create-task","payload":{"title":"Tidy up"},"id":"3"}}`)}),
		request(wire.TypeAuthenticate, "Replace the token: rights and the time left are the fresh one's.", structure(object{"access_token": token, "id": id}, "access_token"),
			example{"With an ack", json.RawMessage(`{"type":"authenticate","data":{"access_token":"<token>","id":"4"}}`)}),
		request(wire.TypePing, "Find out whether the connection works, or keep it from being idle.", orNull(structure(object{})),
			example{"All there is", json.RawMessage(`{"type":"ping"}`)}),
	}
}

// request returns the kind of {"type": T, "data": {…}}. Data that may be null
// may be absent.
func request(t wire.Type, summary string, data object, examples ...example) frameKind {
	frame := structure(object{"type": object{"const": t}, "data": data}, "type")
	if data["type"] == "object" {
		frame["required"] = []string{"type", "data"}
	}
	k := frameKind{name: string(t), summary: summary, payload: frame, id: "/data/id", examples: examples, answers: []string{"ack", "error"}}
	if t == wire.TypePing {
		k.id, k.answers = "", []string{"pong", "error"}
	}
	return k
}

// said returns an example that the server's own encoder made.
func said(summary string, f wire.Frame) example { return example{summary, json.RawMessage(f.JSON)} }

// from returns the kind of {"topic": …, "messageType": …, "data": …} with the
// given data, all the rest as in the examples.
func from(name, summary string, data object, examples ...example) frameKind {
	var first struct{ Topic, MessageType string }
	if err := json.Unmarshal(examples[0].frame, &first); err != nil {
		panic(err) // our own encoders made it
	}
	return frameKind{name: name, summary: summary, examples: examples, payload: structure(object{
		"topic": object{"const": first.Topic}, "messageType": object{"const": first.MessageType}, "data": data,
	}, "topic", "messageType", "data")}
}

// anyTopic and anyType return k with a member that is not the same in all its
// frames; withID with the place where the request's id stands.
func (k frameKind) anyTopic() frameKind {
	k.payload["properties"].(object)["topic"] = topicRef
	return k
}

func (k frameKind) anyType() frameKind {
	k.payload["properties"].(object)["messageType"] = upTo(wire.MaxMessageType, "The publisher's choice.")
	return k
}

func (k frameKind) withID(at string) frameKind { k.id = at; return k }

// publications returns what the server passes on, or tells backends.
func publications() []frameKind {
	alice := wire.Client{Connection: "L0SM9cOFvHcCIhw=", Subject: "alice"}
	bob := wire.Client{Connection: "QkFTRTY0VVICaaA=", Subject: "bob"}
	sender := alice
	sender.Permissions = []string{grant.Write("chat/*")}
	published := func(r wire.Request, by wire.Client) example { return said("With an id", wire.Publication(&r, by)) }

	id := scalar("string", "The publisher's own.")
	reply := structure(object{"data": payload, "status": scalar("string", "ok, or what went wrong."), "id": scalar("string", "The question's.")})
	presence := structure(object{"status": object{"enum": []string{"connected", "disconnected"}}, "code": object{"enum": []int{0, -1}}}, "status", "code")
	return []frameKind{
		from("publication", "What a client published.", structure(object{"client": clientRef, "payload": payload, "id": id}, "client", "payload"),
			published(wire.Request{Envelope: wire.Envelope{Topic: "chat", MessageType: "question", ID: "q1"}, Payload: []byte(`"6 × 7?"`)}, alice)).anyTopic().anyType().withID("/data/id"),
		from("backend-publication", "What a backend published over HTTP: the message is the data.", object{"description": "Any JSON, byte for byte as it came; null became {}."},
			said("A message that is an object", wire.BackendPublication("news", wire.DefaultMessageType, []byte(`{"headline":"Rain"}`), false))).anyTopic().anyType(),
		from("message-to-backends", "What a client sent as a message.", structure(object{"client": senderRef, "payload": payload, "id": id}, "client", "payload"),
			published(wire.Request{Envelope: wire.Envelope{Topic: topic.Inbound, MessageType: "create-task", ID: "3"}, Payload: []byte(`{"title":"Tidy up"}`)}, sender)).anyType().withID("/data/id"),
		from("presence", "A client came or went. Best effort, for backends.", structure(object{"client": senderRef, "payload": presence}, "client", "payload"),
			said("Came", wire.Presence(sender, true)), said("Went", wire.Presence(sender, false))),
		from("reply", "How the public clients reply to a publication: to its publisher's private topic. The server takes no part in it.", structure(object{"client": clientRef, "payload": reply, "id": id}, "client", "payload"),
			published(wire.Request{Envelope: wire.Envelope{Topic: topic.PrivOf(string(alice.Connection)), MessageType: "response", ID: "9"}, Payload: []byte(`{"data":42,"status":"ok","id":"q1"}`)}, bob)).anyTopic().withID("/data/payload/id"),
	}
}

// notices returns what the server says for itself.
func notices() []frameKind {
	count := func(what string) object { return object{"type": "integer", "minimum": 0, "description": what} }
	welcome := structure(object{
		"id":            scalar("string", "Opaque, without a dot."),
		"appId":         scalar("string", "The application's id."),
		"remoteAddress": scalar("string", "The client's address, anonymised as it is recorded; empty when none is."),
	}, "id", "appId", "remoteAddress")
	ack := structure(object{
		"data": scalar("string", "The request's id."), "matched": count("How many connections had the topic. Of another request than a publication: 1 if there was something to do."),
		"delivered": count("How many of them the frame was handed to."), "gone": count("How many of them were found gone. The rest could not be reached now."),
	}, "data", "matched", "delivered", "gone")
	refusal := structure(object{
		"id":   scalar("string", "The request's, if it had one that could be read."),
		"code": scalar("integer", "For programs: one of x-error-codes or x-close-codes, to which more may be added."), "message": scalar("string", "For people: what is wrong and what to do about it."),
		"retryAfterMs": count("How long to wait before the same request can work."),
	}, "code", "message")
	welcomed := wire.Welcome("0123456789abcdef0123456789abcdef", "L0SM9cOFvHcCIhw=", "203.0.113.0")
	rate := &fault.Error{Kind: fault.TooMany, Code: wire.CodeRate, Text: "wait and send again", RetryAfter: 400 * time.Millisecond}
	forbidden := &fault.Error{Kind: fault.Forbidden, Code: wire.CodeSubscribeForbidden, Text: "Subscription to secure topic is forbidden!"}
	expires := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

	acked := from("ack", "The request took effect.", ack,
		said("Of a publication", wire.Ack("q1", wire.Counts{Matched: 3, Delivered: 2, Gone: 1})), said("Of a subscription", wire.Ack("1", wire.Counts{Matched: 1}))).withID("/data/data")
	pong := from("pong", "The answer to a ping.", structure(object{}), said("All there is", wire.Pong()))
	acked.asked, pong.asked = true, true
	return []frameKind{
		from("welcome", "The first frame of a connection.", structure(object{"connection": welcome}, "connection"), said("With an address that was truncated", welcomed)),
		acked, pong,
		from("error", "A request failed, or the connection ends.", refusal, said("Too fast", wire.Error("q1", rate)), said("To a request without an id", wire.Error("", forbidden))).withID("/data/id"),
		from("token-expiring", "The connection ends with its token: authenticate with a fresh one.",
			structure(object{"expiresAt": object{"type": "string", "format": "date-time"}}, "expiresAt"), said("Half a minute ahead", wire.TokenExpiring(expires))),
		from("reconnect", "The server is about to stop: come back after about this time.", structure(object{"afterMs": count("In milliseconds.")}, "afterMs"), said("Two seconds", wire.Reconnect(2*time.Second))),
	}
}
