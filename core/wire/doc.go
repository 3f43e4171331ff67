// Package wire is the client protocol: frames in, frames out, and the
// catalogue of everything that can go wrong.
//
// # Connecting
//
// wss://HOST/apps/APP?access_token=JWT, or wss://HOST/STAGE?app=APP&access_token=JWT
// where an address can have no path, as on a bare API Gateway. Who wants the
// token out of the address offers the subprotocols "tacet.v1, JWT"; the server
// selects tacet.v1. A handshake is refused with 400 (no or a malformed
// application), 401 (no token, a bad or an expired one), 403 (a token of
// another application), 429 (a quota).
//
// The first frame is the welcome. Every connection has the topics main,
// priv/<its id> and priv/<its subject> for life.
//
// # Frames from clients
//
// A JSON object {"type": T, "data": {…}}:
//
//	subscribe     topic, id?
//	unsubscribe   topic, id?
//	publish       topic, payload, id?, messageType? ("broadcast"), compress?, echo? (true)
//	message       payload, id?, messageType?, compress?: to the backends, on secure/inbound
//	authenticate  access_token, id?: a fresh token of the same subject
//	ping          –
//
// What has an id is answered by an ack or an error with that id; what has none
// is answered by an error only. Ids are strings. Null is the same as leaving a
// field out; a payload that is left out is null.
//
// # Frames from the server
//
// A JSON object {"topic": …, "messageType": …, "data": …}, where topic and
// messageType are strings and data is never absent or null:
//
//	the topic, its messageType   a publication: {"client":{"connectionId","subject"},"payload","id"?};
//	                             of a backend: the message itself
//	main welcome                 {"connection":{"id","appId","remoteAddress"}}
//	secure/inbound presence      {"client":{…,"permissions","subProtocol"},"payload":{"status","code"}}
//	priv/acks ack                {"data": id, "matched", "delivered", "gone"}
//	priv/errors error            {"id"?, "code", "message", "retryAfterMs"?}
//	priv/session pong            {}
//	priv/session token-expiring  {"expiresAt"}
//	priv/session reconnect       {"afterMs"}: the server is about to stop
//
// Codes, of errors and of close frames, stand in Catalogue. With compress,
// receivers get a binary frame with the same JSON inside, where the host can
// send one.
//
// # Payloads
//
// A payload is opaque. Decode finds where it ends, which for JSON means that
// it is well-formed, and hands on the very bytes that came: compact or not,
// with duplicate keys or numbers that no machine can hold. Nothing here
// builds anything from it, stores or logs it; a publication copies it once,
// into the frame that all receivers share.
//
// Golden files under testdata hold each frame as clients see it.
package wire
