package httpapi

import (
	"context"
	"fmt"
	"html"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/privacy"
	"tacet/core/wire"
	"tacet/infra/httpapi/door"
)

// Where anybody finds what.
const (
	DocumentPath  = "/v1/openapi.json"
	AsyncPath     = "/v1/asyncapi.json"
	PolicyPath    = "/privacy"
	referencePath = "/v1/reference" // of package manage
	telemetryPath = "/.well-known/telemetry.json"
	healthPath    = "/healthz"
	ReadyPath     = "/readyz"
	StatusPath    = "/status"
)

// ErrorEntry is one line of the catalogue of errors.
type ErrorEntry struct {
	Code      wire.Code `json:"code" doc:"In error frames, problem documents, and as the code of a close frame. Never given a second meaning." example:"4201"`
	Name      string    `json:"name" example:"publish-forbidden"`
	Kind      string    `json:"kind" doc:"What can be done about it, as one of a few words." example:"forbidden"`
	Status    int       `json:"status" doc:"The HTTP status that usually goes with it." example:"403"`
	Meaning   string    `json:"meaning" doc:"When it happens and what to do about it."`
	Reconnect bool      `json:"reconnect" doc:"Whether a client that was closed with this code should come back by itself."`
}

// Health is the answer of a server that is alive.
type Health struct {
	Status string `json:"status" example:"ok"`
}

// Status is what anybody may know of how a platform is doing.
type Status struct {
	Version string `json:"version" doc:"What is running." example:"v1.2.0"`
	Ready   bool   `json:"ready" doc:"As /readyz says."`
}

type (
	manifestOutput  struct{ Body privacy.Manifest }
	catalogueOutput struct {
		Body []ErrorEntry `nullable:"false"`
	}
	healthOutput struct{ Body Health }
	statusOutput struct{ Body Status }
)

func (s *server) routePublic() {
	constant(s.door, telemetryPath, "telemetry-manifest", "What telemetry holds, and why",
		"All that is recorded of a message or a connection: each attribute with its purpose, legal basis and what is done to it first.", &manifestOutput{privacy.Telemetry})
	s.routePolicy()
	s.door.Page("/{$}", "text/html; charset=utf-8", func() []byte { return []byte(homeHTML) })
	constant(s.door, healthPath, "health", "Whether the server is alive", "It says nothing about what the server depends on.", &healthOutput{Health{"ok"}})
	s.routeReady()
}

func (s *server) routeReady() {
	register(s.door, ReadyPath, "ready", "Whether the server can be sent requests",
		"Its stores answer, and nobody stops it.", func(ctx context.Context, _ *door.Call, _ *door.Nothing) (*healthOutput, error) {
			if err := s.ready(ctx); err != nil {
				return nil, door.Unavailable(err)
			}
			return &healthOutput{Health{"ready"}}, nil
		}, http.StatusServiceUnavailable)
	register(s.door, StatusPath, "status", "How the server is doing",
		"On one machine there is more in it, and a page for people, but only for who is at the machine itself or has a session of whoever runs the platform.",
		func(ctx context.Context, _ *door.Call, _ *door.Nothing) (*statusOutput, error) {
			return &statusOutput{Status{s.Version, s.ready(ctx) == nil}}, nil
		}, http.StatusForbidden)
}

func (s *server) ready(ctx context.Context) error {
	if s.Ready == nil {
		return nil
	}
	return s.Ready(ctx)
}

// RouteDescriptions adds the routes of what describes the platform, but for the
// OpenAPI document, to those of d.
func RouteDescriptions(d *door.Server) {
	constant(d, door.ErrorsPath+".json", "errors", "The catalogue of errors", "Readable at "+door.ErrorsPath+".", &catalogueOutput{catalogue()})
	d.Page(door.ErrorsPath, "text/html; charset=utf-8", catalogueHTML)
	d.Page(AsyncPath, "application/json", asyncDocument)
}

// constant adds a route that always answers the same.
func constant[O any](d *door.Server, path, id, summary, description string, out *O) {
	register(d, path, id, summary, description, func(context.Context, *door.Call, *door.Nothing) (*O, error) { return out, nil })
}

// register adds a route for anybody, with the statuses of its refusals.
func register[O any](d *door.Server, path, id, summary, description string, do door.Operation[door.Nothing, O], refusals ...int) {
	door.Register(d, huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{"public"}, Summary: summary, Description: description,
		Responses: door.Refusals(refusals...),
	}, do)
}

func catalogue() []ErrorEntry {
	entries := make([]ErrorEntry, len(wire.Catalogue))
	for i, e := range wire.Catalogue {
		entries[i] = ErrorEntry{e.Code, e.Name, e.Kind.String(), door.StatusOf(e.Kind, e.Code), e.Meaning, e.Reconnect}
	}
	return entries
}

// homeHTML is for who has nothing but the address of the API. On one machine the
// page to try things on is there instead.
const homeHTML = `<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tacet</title>
<style>:root{color-scheme:light dark}body{font:1.05rem/1.6 system-ui,sans-serif;margin:3rem auto;max-width:40rem;padding:0 1rem}</style>
<h1>Tacet</h1>
<p>Messages in real time, over WebSockets and HTTP.</p>
<ul>
<li><a href="` + referencePath + `">Reference of the API</a>, <a href="` + AsyncPath + `">of the WebSocket protocol</a>, <a href="` + door.ErrorsPath + `">of errors</a>
<li><a href="` + PolicyPath + `">Privacy: what is kept, and what is not</a>
</ul>
</html>
`

const catalogueHead = `<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tacet: errors</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}td,th{padding:.4rem .8rem .4rem 0;text-align:left;vertical-align:top}:target{background:#ffc}</style>
<h1>Errors</h1>
<p>The same numbers stand in error frames, in problem documents and in close frames. For programs: <a href="errors.json">errors.json</a>.</p>
<table><thead><tr><th>Code<th>Name<th>Status<th>Meaning<th>Reconnect<tbody>
`

// catalogueHTML does without html/template: a program that links it keeps every
// method of every type that it has, half a megabyte in a function's package.
func catalogueHTML() []byte {
	b := []byte(catalogueHead)
	for _, e := range catalogue() {
		reconnect := "no"
		if e.Reconnect {
			reconnect = "yes"
		}
		b = fmt.Appendf(b, "<tr id=\"%s\"><td>%d<td>%s<td>%d<td>%s<td>%s\n", e.Name, e.Code, e.Name, e.Status, html.EscapeString(e.Meaning), reconnect)
	}
	return append(b, "</table></html>\n"...)
}
