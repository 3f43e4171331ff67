// Package gateway is an API Gateway WebSocket API on one machine: the same
// handshake, events, routing, frames, limits, close codes and management API,
// in front of handlers that are values in this process.
//
// # What it promises
//
// Every fact about API Gateway that AWS documents, or that others have
// observed and published, holds here, and a test is named for it. Where the
// behaviour is not known it does what protects the client; the tests that pin
// such a choice have "Policy" in their name.
//
//   - A handler gets the JSON that a Lambda function would get, key by key. An
//     EventHandler gets the same as a value; both paths pass the same golden file.
//   - A connection exists for callbacks from the moment when its 101 has been
//     written, and not before.
//   - $disconnect is invoked once for each connection whose $connect succeeded,
//     unless Options.Hostile says otherwise. (API Gateway promises less.)
//   - The log has one line for each invocation: route, status, milliseconds,
//     connection. No payload, token, header, address, or text of an error.
//
// # Order
//
// As on API Gateway, each message is handled at once, beside the others, and
// answers come in any order. At most Options.InFlight messages of a connection
// are handled at a time; what is beyond stays unread, so that TCP holds the
// client back, and a burst costs the process no more than that many messages.
//
// With Options.Ordered, the messages of a connection are handled one after the
// other; what is posted to the connection while its handler runs follows the
// handler's answer; a close that was asked for meanwhile follows both; and
// $disconnect comes last.
//
// # What it does not do
//
//   - Header names do not keep the client's case: net/http has its own. The
//     Sec-WebSocket headers are spelled as in RFC 6455.
//   - A post of more than 32 KB leaves as one frame.
//   - Client pings are answered and never keep a connection alive; there is no
//     switch for it.
//   - No HTTP or mock integrations, mapping templates, WAF, or usage plans
//     beyond a list of API keys.
//
// Beyond API Gateway, for the standalone host, there are binary posts,
// Disconnect with a code of one's own, Options.ForwardRefusals, and Ordered.
package gateway
