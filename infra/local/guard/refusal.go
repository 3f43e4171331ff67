package guard

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"tacet/infra/local/iam"
)

// deny says no as AWS does (IAM User Guide, "Troubleshoot access denied error
// messages").
func (g *Guard) deny(w http.ResponseWriter, role iam.Role, q request, need iam.Request) {
	g.log.Warn("a role does not allow what was asked",
		"role", role.Name, "action", need.Action, "resource", anyConnection(need.Resource), "operation", q.Operation)
	text := fmt.Sprintf("User: arn:aws:sts::%s:assumed-role/%s/%s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action",
		g.opts.AccountID, role.Name, role.Name, need.Action, need.Resource, need.Action)
	status := http.StatusForbidden
	if q.Service == DynamoDB {
		status = http.StatusBadRequest
	}
	refuse(w, q.Service, status, "AccessDeniedException", text)
}

// anyConnection hides the id of a connection, so that counts do not grow with
// every one of them.
func anyConnection(resource string) string {
	if before, _, ok := strings.Cut(resource, "/@connections/"); ok {
		return before + "/@connections/*"
	}
	return resource
}

// refuse answers with an error in the form of the service: DynamoDB names its
// type in the body (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html),
// the others in a header.
func refuse(w http.ResponseWriter, s Service, status int, code, text string) {
	body := map[string]string{"message": text}
	switch s {
	case DynamoDB:
		space := "com.amazonaws.dynamodb.v20120810#"
		if code == "AccessDeniedException" || code == "UnrecognizedClientException" || code == "SerializationException" {
			space, status = "com.amazon.coral.service#", http.StatusBadRequest
		}
		body["__type"] = space + code
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	default:
		w.Header().Set("X-Amzn-Errortype", code)
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}
