package httpapi

import (
	"fmt"
	"slices"

	"tacet/core/grant"
	"tacet/core/topic"
	"tacet/core/wire"
	"tacet/infra/httpapi/door"
)

// object is a JSON object of the AsyncAPI document.
type object = map[string]any

func ref(to string) object { return object{"$ref": "#/" + to} }

// asyncDocument returns the AsyncAPI document of the WebSocket protocol. It is
// written as AsyncAPI wants it, from the server's side: what the server
// receives is what clients send.
func asyncDocument() []byte {
	kinds := slices.Concat(clientFrames(), publications(), notices())
	all, messages := object{}, object{}
	for _, k := range kinds {
		all[k.name], messages[k.name] = ref("components/messages/"+k.name), k.message()
	}
	operations := object{}
	for _, channel := range []string{"apps", "stage"} {
		operate(operations, channel, kinds)
	}
	return door.Encode(object{
		"asyncapi": "3.0.0",
		"info": object{
			"title": "Tacet", "version": "1", "description": asyncText(),
			"license": object{"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
		},
		"defaultContentType": "application/json",
		"servers":            servers(),
		"channels":           channels(all),
		"operations":         operations,
		"components":         object{"messages": messages, "schemas": sharedSchemas(), "securitySchemes": securitySchemes()},
		"x-limits":           limits,
		"x-close-codes":      codes(func(c wire.Code) bool { return c < wire.CodeInvalid }),
		"x-error-codes":      codes(func(c wire.Code) bool { return c >= wire.CodeInvalid }),
	})
}

// limits are those of every plan, in bytes unless the name says otherwise.
var limits = object{
	"frame": wire.MaxFrame, "message": wire.MaxMessage, "id": wire.MaxID, "messageType": wire.MaxMessageType,
	"topic": topic.MaxLength, "subject": grant.MaxSubjectLength, "accessToken": grant.MaxTokenLength,
	"closeReason": wire.MaxReason, "depthInLevels": wire.MaxDepth,
}

func asyncText() string {
	return fmt.Sprintf(`What clients and the server say over a WebSocket. The operations are the server's: it *receives* what clients send.

**First** comes welcome. Every connection has the topics main, priv/<connection id> and, where the subject is a legal segment, priv/<subject> for life.

**Frames from clients** are {"type": …, "data": {…}}. Members that are not named here are left alone; a member that is named may occur once; null stands for the default. What one connection sends takes effect in the order in which it was sent; on API Gateway wait for the ack. A request that took effect is acknowledged if it had an id, before any reply to it; one that failed is answered by an error in any case.

**Frames from the server** are {"topic": …, "messageType": …, "data": …}; data is never null. Members may be added.

**Payloads** are any JSON, passed on byte for byte. Delivery is at most once; there is no history.

**Limits**: a frame from a client has %d bytes at most, a message of several frames %d, arrays and objects in it %d levels; all are in x-limits, in bytes. The application's plan sets the size of a payload, requests per second, topics per connection and connections. Clients send text; binary frames are refused.

**Refusals to connect** are HTTP responses: 400, 401, 403, 429, 500 or 503, with {"message": …, "code": …} and a code of x-error-codes. API Gateway passes on the status only.

**The end.** Besides x-close-codes (which, like all codes, are explained at %s), RFC 6455's own occur: 1001 after ten minutes without a message (pings do not count) and after two hours, 1002, 1003 and 1007 for what is no WebSocket text, 1009 for what is too large. If the application wants it so, which is the default, the connection is closed with the code of the error after publish-forbidden and subscribe-forbidden. API Gateway cannot send codes of our own: there a frame says why, and the code is 1000.`,
		wire.MaxFrame, wire.MaxMessage, wire.MaxDepth, door.ErrorsPath)
}

func servers() object {
	of := func(protocol, description string) object {
		return object{
			"host": "{host}", "protocol": protocol, "description": description,
			"variables": object{"host": object{"description": "Where this document was found.", "examples": []string{"realtime.example.org", "127.0.0.1:8080"}}},
			"security":  []object{ref("components/securitySchemes/query"), ref("components/securitySchemes/subprotocol")},
		}
	}
	return object{
		"secure": of("wss", "With TLS, as everywhere but on one machine."),
		"plain":  of("ws", "Without, on the machine itself or behind a proxy that speaks TLS."),
	}
}

const (
	tokenParameter    = "access_token"
	subprotocolHeader = "Sec-WebSocket-Protocol"
)

func securitySchemes() object {
	token := fmt.Sprintf("A JWT of %d bytes at most, signed with one of the application's client keys, with exp and sub. Its permissions (an array), or scope (separated by spaces), hold %s to publish and %s to subscribe to secure topics; in a pattern * stands for any run of characters. ",
		grant.MaxTokenLength, grant.Write("<pattern>"), grant.Read("<pattern>"))
	return object{
		"query":       object{"type": "httpApiKey", "in": "query", "name": tokenParameter, "description": token + "It has precedence over a subprotocol."},
		"subprotocol": object{"type": "httpApiKey", "in": "header", "name": subprotocolHeader, "description": token + "Offered after the subprotocol tacet.v1, which is the one selected: a browser keeps the token out of the URL that way."},
	}
}

// channels returns the two addresses of the same conversation.
func channels(messages object) object {
	token := object{"type": "string", "maxLength": grant.MaxTokenLength, "description": "The token, unless it is offered as a subprotocol.", "examples": []string{"<token>"}}
	app := object{"type": "string", "pattern": appParameter.Schema.Pattern, "description": appParameter.Description, "examples": appParameter.Schema.Examples}
	header := object{"type": "object", "properties": object{subprotocolHeader: object{
		"type": "string", "description": "tacet.v1 and the token; tacet.v1 alone with the token in the query; or nothing at all.", "examples": []string{"tacet.v1, <token>"},
	}}}
	channel := func(address, summary string, parameters, query object) object {
		return object{
			"address": address, "summary": summary, "parameters": parameters, "messages": messages,
			"bindings": object{"ws": object{"bindingVersion": "0.1.0", "method": "GET", "query": query, "headers": header}},
		}
	}
	return object{
		"apps": channel("/apps/{app}", "Where a path is possible: on one machine, or behind a domain or a CDN.",
			object{"app": object{"description": appParameter.Description, "examples": appParameter.Schema.Examples}},
			object{"type": "object", "properties": object{tokenParameter: token}}),
		"stage": channel("/{stage}", "As on a bare API Gateway endpoint, which has stages and no path.",
			object{"stage": object{"description": "The stage's name; ws on one machine.", "examples": []string{"ws"}}},
			object{"type": "object", "required": []string{"app"}, "properties": object{"app": app, tokenParameter: token}}),
	}
}

// operate adds what happens on a channel: each request with its answers, and
// what the server says unasked.
func operate(operations object, channel string, kinds []frameKind) {
	at := ref("channels/" + channel)
	messages := func(names ...string) (refs []object) {
		for _, name := range names {
			refs = append(refs, ref("channels/"+channel+"/messages/"+name))
		}
		return refs
	}
	var unasked []string
	for _, k := range kinds {
		switch {
		case k.answers != nil:
			operations[channel+"-"+k.name] = object{
				"action": "receive", "channel": at, "summary": k.summary, "messages": messages(k.name),
				"reply": object{"channel": at, "messages": messages(k.answers...)},
			}
		case !k.asked:
			unasked = append(unasked, k.name)
		}
	}
	operations[channel+"-deliver"] = object{
		"action": "send", "channel": at, "summary": "What the server says unasked.", "messages": messages(unasked...),
	}
}

// codes returns the entries of the catalogue whose code is wanted.
func codes(wanted func(wire.Code) bool) (entries []ErrorEntry) {
	for _, e := range catalogue() {
		if wanted(e.Code) {
			entries = append(entries, e)
		}
	}
	return entries
}
