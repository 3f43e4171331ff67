// Package door is what every request to the HTTP API passes, whichever part of
// it the request is for: finding the route, one record in the log, an id,
// panics that tell nobody anything, bodies that are bounded, and refusals that
// are problem documents (RFC 9457) with a number of the catalogue and nothing
// but text that was written for strangers.
//
// A log record of a request has its route, status, ids and a reason, and
// neither path nor query, because there subjects and secrets stand.
//
// Routes are added with Register, which takes what the OpenAPI document says of
// them as well. Nothing is made of that before a route is used, or the document
// is asked for: to add routes costs a cold start next to nothing.
//
// It sends no CORS headers, does not listen, and has no timeouts.
package door
