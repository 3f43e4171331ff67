package httpapi

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/privacy"
	"tacet/core/wire"
)

// Where anybody finds what.
const (
	documentPath  = "/v1/openapi.json"
	asyncPath     = "/v1/asyncapi.json"
	errorsPath    = "/v1/errors" // for people; with .json for programs
	telemetryPath = "/.well-known/telemetry.json"
	healthPath    = "/healthz"
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

type (
	manifestOutput  struct{ Body privacy.Manifest }
	catalogueOutput struct {
		Body []ErrorEntry `nullable:"false"`
	}
	healthOutput struct{ Body Health }
)

func (s *server) routePublic() {
	constant(s, telemetryPath, "telemetry-manifest", "What telemetry holds, and why",
		"All that is recorded of a message or a connection: each attribute with its purpose, legal basis and what is done to it first.", &manifestOutput{privacy.Telemetry})
	constant(s, errorsPath+".json", "errors", "The catalogue of errors", "Readable at "+errorsPath+".", &catalogueOutput{catalogue()})
	constant(s, healthPath, "health", "Whether the server is alive", "It says nothing about what the server depends on.", &healthOutput{Health{"ok"}})
	s.page(errorsPath, "text/html; charset=utf-8", catalogueHTML)
	s.page(documentPath, "application/json", s.document)
	s.page(asyncPath, "application/json", asyncDocument)
}

// constant adds a route that always answers the same.
func constant[O any](s *server, path, id, summary, description string, out *O) {
	register(s, huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{"public"}, Summary: summary, Description: description,
		Responses: map[string]*huma.Response{"500": {Ref: "#/components/responses/500"}},
	}, func(context.Context, *call, *nothing) (*O, error) { return out, nil })
}

// page adds a route that the document does not list. It is made when it is
// first asked for, which in most Lambdas is never.
func (s *server) page(path, contentType string, content func() []byte) {
	content = sync.OnceValue(content)
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(content())
	})
}

func catalogue() []ErrorEntry {
	entries := make([]ErrorEntry, len(wire.Catalogue))
	for i, e := range wire.Catalogue {
		entries[i] = ErrorEntry{e.Code, e.Name, e.Kind.String(), statusOf(e.Kind, e.Code), e.Meaning, e.Reconnect}
	}
	return entries
}

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
