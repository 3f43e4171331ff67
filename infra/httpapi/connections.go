package httpapi

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/grant"
	"tacet/core/wire"
	"tacet/infra/httpapi/door"
)

// Disconnected says how many connections were ended.
type Disconnected struct {
	Disconnected int `json:"disconnected" doc:"How many connections were ended. One that is not there is none." example:"2"`
}

type connectionsInput struct {
	Subject string `query:"subject" doc:"End the connections of this subject only." example:"bob"`
}

type connectionInput struct {
	Connection string `path:"connection" doc:"The connection's id, percent-encoded or not." example:"QkFTRTY0VVICaaA="`
}

type disconnectedOutput struct{ Body Disconnected }

func (s *server) routeConnections() {
	const needs = " Needs `realtime:admin:manage:connections`."
	registerBackend(s, huma.Operation{
		OperationID: "disconnect-all", Method: http.MethodDelete, Path: "/api/connections/{app}", Tags: []string{"connections"},
		Summary:     "End all connections, or those of a subject",
		Description: "Any parameter but `subject` is refused, because a misspelt one would end all connections." + needs,
	}, s.disconnectAll)
	registerBackend(s, huma.Operation{
		OperationID: "disconnect", Method: http.MethodDelete, Path: "/api/connections/{app}/{connection}", Tags: []string{"connections"},
		Summary:     "End one connection",
		Description: "A connection that is not there, or is another application's, is no error." + needs,
	}, s.disconnect)
}

func (s *server) disconnectAll(ctx context.Context, c *call, _ *connectionsInput) (*disconnectedOutput, error) {
	who, all, err := subjectOf(c.Request.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	var n int
	if all {
		n, err = c.backend.DisconnectAll(ctx)
	} else {
		n, err = c.backend.DisconnectSubject(ctx, who)
	}
	return &disconnectedOutput{Disconnected{n}}, err
}

// subjectOf returns the subject that a query names, or reports that it names
// none and means everybody. Nothing but an empty query means that.
func subjectOf(query string) (who grant.Subject, all bool, err error) {
	if query == "" {
		return "", true, nil
	}
	values, err := url.ParseQuery(query)
	if subject := values["subject"]; err == nil && len(values) == 1 && len(subject) == 1 && subject[0] != "" {
		return grant.Subject(subject[0]), false, nil
	}
	return "", false, door.Invalid("the only parameter is subject, once and not empty; without any, all connections are ended")
}

func (s *server) disconnect(ctx context.Context, c *call, in *connectionInput) (*disconnectedOutput, error) {
	was, err := c.backend.Disconnect(ctx, wire.ConnID(in.Connection))
	out := &disconnectedOutput{}
	if was {
		out.Body.Disconnected = 1
	}
	return out, err
}
