package guard

import (
	"net/http"
	"strings"

	"tacet/infra/local/iam"
)

// connectionOperations by method: the management API
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html).
var connectionOperations = map[string]string{
	http.MethodPost: "PostToConnection", http.MethodGet: "GetConnection", http.MethodDelete: "DeleteConnection",
}

// readConnection tells what a callback needs: the resource is
// arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/@connections/ID
// (API Gateway Developer Guide, "Control access to a WebSocket API with AWS IAM
// authorization").
func (g *Guard) readConnection(r *http.Request, body []byte) (request, error) {
	operation, ok := connectionOperations[r.Method]
	stage, id, found := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/@connections/")
	if !ok || !found {
		return request{}, errUnknown
	}
	return request{
		Call: Call{Service: Connections, Operation: operation},
		needs: []iam.Request{{
			Action:   "execute-api:ManageConnections",
			Resource: g.arn("execute-api", strings.Join([]string{g.opts.API, stage, r.Method, "@connections", id}, "/")),
		}},
		body: body,
	}, nil
}
