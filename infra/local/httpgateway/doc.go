// Package httpgateway is an API Gateway HTTP API on one machine: a stage with
// its routes, in front of Lambda proxy integrations of payload format 2.0.
//
// It promises that a function gets the JSON that it gets from API Gateway, and
// that its answer becomes the response that API Gateway makes of it (API
// Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs",
// "Create routes for HTTP APIs"). Golden files pin both. In particular, the
// path is decoded in rawPath, so that a function cannot tell an escaped slash
// from another, while rawQueryString is as it came; and every body is base64
// but that of text/* and of application/json, xml and javascript, which is what
// people have measured where the guide is silent.
//
// It does not do authorizers, CORS (a function can), mappings of parameters,
// integrations other than functions, or throttling. Its log has one line for
// each request: route, status, milliseconds. No path, query, header, body or
// address.
package httpgateway
