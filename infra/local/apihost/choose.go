package apihost

import (
	"fmt"
	"strings"

	"tacet/infra/local/template"
)

// UsageError says that the template cannot be served as it was asked for, and
// what to ask for instead.
type UsageError struct{ Text string }

func (e *UsageError) Error() string { return e.Text }

func misused(format string, arguments ...any) error {
	return &UsageError{fmt.Sprintf(format, arguments...)}
}

// choose returns the API and the stage that are to be served.
func choose(t *template.Template, id, name string) (*template.WebSocketAPI, *template.Stage, error) {
	var ids []string
	for _, a := range t.WebSocketAPIs {
		ids = append(ids, a.ID)
	}
	api := t.WebSocketAPI(id)
	switch {
	case len(ids) == 0:
		return nil, nil, misused("the template has no WebSocket API: neither an AWS::Serverless::WebSocketApi nor an AWS::ApiGatewayV2::Api of the protocol WEBSOCKET")
	case id == "" && len(ids) > 1:
		return nil, nil, misused("the template has several WebSocket APIs: choose one with --api %s", strings.Join(ids, ", or --api "))
	case id == "":
		api = t.WebSocketAPIs[0]
	case api == nil:
		return nil, nil, misused("the template has no WebSocket API %s; it has %s", id, strings.Join(ids, ", "))
	}
	if err := api.Problems.Err(); err != nil {
		return nil, nil, misused("the API %s cannot be served:\n%v", api.ID, err)
	}
	stage := api.Stage(name)
	if stage == nil {
		var names []string
		for _, s := range api.Stages {
			names = append(names, s.Name)
		}
		return nil, nil, misused("the API %s has no stage %s; it has %s", api.ID, name, strings.Join(names, ", "))
	}
	return api, stage, nil
}
