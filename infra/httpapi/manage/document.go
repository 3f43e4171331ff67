package manage

import (
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/wire"
	"tacet/infra/httpapi"
	"tacet/infra/httpapi/door"
)

// How somebody shows who he is.
const (
	sessionScheme = "session"
	accessScheme  = "accessToken"
	cookieScheme  = "cookie"
)

const documentText = `The whole API of a Tacet: accounts with their members, applications, keys, plans and access tokens, under /v1, for people and their programs; and what an application's own servers can do, under /api and /telemetry.

**Refusals** are problem documents (RFC 9457), explained at /v1/errors. Who is no member of an account gets the same answer as for one that does not exist.

**Bodies** are JSON of at most 64 KiB. Members and parameters that are not known are refused.

**Versions** stand in ETag. A change needs If-Match with the version that was read, or *.

**Making something** takes an Idempotency-Key: within a day, the same request with the same key makes one thing only. Secrets are shown once, and not again to a repeated request.

**Lists** come in pages: as long as there is a next, send it as cursor.

**Rates** are limited by session, access token or address. Every answer says how far they are used in RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset (seconds); with 429 Retry-After says how long to wait.

The WebSocket protocol is described at /v1/asyncapi.json.`

// document returns the OpenAPI document of the whole API, and its operations in
// the order in which they are to be read.
func document() (*huma.OpenAPI, []*huma.Operation) {
	s := &server{door: door.New(door.Config{})}
	s.route()
	httpapi.API{}.Route(s.door)
	httpapi.RouteDescriptions(s.door)
	d := httpapi.Description()
	d.Text = documentText
	d.Tags = []*huma.Tag{
		{Name: "sessions", Description: "Signing in and out, and who you are."},
		{Name: "accounts", Description: "Accounts with their profile, payment details and activity log."},
		{Name: "members", Description: "Who is in an account, and who is invited."},
		{Name: "applications", Description: "Tenants of the data plane, with their settings and plans."},
		{Name: "keys", Description: "What an application's tokens are checked against."},
		{Name: "reports", Description: "What an application's telemetry came to."},
		{Name: "access tokens", Description: "What programs use this API with."},
		{Name: "your rights", Description: "Download everything that is held, and delete it for good. Every request is in the ledger for a year."},
		{Name: "topics", Description: "For an application's own servers: publish, and see who listens."},
		{Name: "connections", Description: "For an application's own servers: end connections."},
		{Name: "telemetry", Description: "For an application's own servers: what was recorded."},
		{Name: "operator", Description: "For whoever runs a platform on one machine."},
		{Name: "public", Description: "What anybody may read."},
	}
	d.SecuritySchemes[sessionScheme] = &huma.SecurityScheme{Type: "http", Scheme: "bearer", BearerFormat: "tacet_s_…", Description: "A session, twelve hours long, from POST /v1/sessions."}
	d.SecuritySchemes[accessScheme] = &huma.SecurityScheme{Type: "http", Scheme: "bearer", BearerFormat: "tacet_t_…", Description: "An access token: it may do what its scope says and its member may."}
	d.SecuritySchemes[cookieScheme] = &huma.SecurityScheme{Type: "apiKey", In: "cookie", Name: API{}.cookieName(), Description: "A session of a browser. Changes need the header X-Tacet: 1 as well."}
	d.Sent = slices.Concat(d.Sent, []wire.Code{
		wire.CodeNotFound, wire.CodeConflict, wire.CodePreconditionFailed, wire.CodePreconditionRequired, wire.CodeKeyReused,
		wire.CodeSignInAgain, wire.CodeCrossSite, wire.CodeRequests,
	})
	d.Closed = slices.Collect(maps.Values(s.bodies))
	return s.door.Document(d)
}
