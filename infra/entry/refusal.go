package entry

import (
	"encoding/json"

	"tacet/core/fault"
	"tacet/core/wire"
	"tacet/infra/apigw"
)

// statuses is the status of a refusal by the kind of its fault; 500 for a kind
// that is not here. The handshake has a table of its own, though that of package
// httpapi has the same numbers: to share it would load a whole HTTP API into each
// function, and a browser gets to see neither this status nor the body.
var statuses = map[fault.Kind]int{
	fault.Invalid:         400,
	fault.Unauthenticated: 401,
	fault.Forbidden:       403,
	fault.NotFound:        404,
	fault.Conflict:        409,
	fault.TooLarge:        413,
	fault.TooMany:         429,
	fault.Unavailable:     503,
}

// refusal is the answer to what failed with err: no upgrade, and as much as a
// stranger may know. API Gateway itself passes on the status only.
func refusal(err error) apigw.Response {
	f := fault.Public(err)
	status, ok := statuses[f.Kind]
	if !ok {
		status = 500
	}
	body, err := json.Marshal(struct {
		Message string    `json:"message"`
		Code    wire.Code `json:"code"`
	}{f.Text, wire.CodeOf(f)})
	if err != nil {
		body = nil // cannot happen: a text and a number
	}
	return apigw.Response{StatusCode: status, Headers: map[string]string{"Content-Type": "application/json"}, Body: body}
}
