// Package httpapi is the HTTP API of the data plane: what an application's own
// servers call with an admin token. It also serves what anybody may read: the
// OpenAPI document, the AsyncAPI document of the WebSocket protocol, the
// catalogue of errors, the telemetry manifest.
//
// It promises that the token is checked before the body is looked at, that a
// message reaches subscribers byte for byte as it stood in the body, and that
// each refusal is a problem document (RFC 9457) with a number of the catalogue
// and nothing but text that was written for strangers. Bodies are bounded; a
// panic becomes a 500 and one log record without the value.
//
// It keeps to itself what it is told: a log record of a request has its route,
// status, application and a reason, and neither path nor query, because there
// subjects stand.
//
// It sends no CORS headers. An admin token belongs on a server, and a page that
// could use one from a browser would have published it.
//
// It does not listen, has no timeouts, and does not limit rates: the server
// around it does.
package httpapi
