package httpapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/wire"
	"tacet/infra/httpapi/door"
)

// publication describes what wire.DecodePost reads.
type publication struct {
	Topic       string `json:"topic" doc:"Where to publish." maxLength:"256"`
	Message     any    `json:"message" doc:"Any JSON. It is passed on byte for byte as it stands here; null becomes {}."`
	MessageType string `json:"messageType,omitempty" doc:"What subscribers see as messageType." default:"broadcast" maxLength:"128"`
	Compress    bool   `json:"compress,omitempty" doc:"Ask for binary frames, where the host can send them."`
	ID          string `json:"id,omitempty" doc:"Yours, given back in the answer. One is made when there is none." maxLength:"128"`
}

// unsubscription is the body of unsubscribe.
type unsubscription struct {
	TopicPatterns []string `json:"topicPatterns" doc:"Topics, in which * stands for any run of characters." minItems:"1" maxItems:"50"`
	Subject       string   `json:"subject" doc:"Whose subscriptions to remove." minLength:"1"`
}

var (
	publicationExample    = map[string]any{"topic": "chat/lobby", "messageType": "chat-message", "message": map[string]any{"text": "hello"}, "id": "order-17"}
	unsubscriptionExample = map[string]any{"topicPatterns": []string{"chat/*"}, "subject": "bob"}
)

const adminToken = "adminToken"

// Description is what the OpenAPI document of the data plane says besides its
// operations.
func Description() door.Description {
	return door.Description{
		Text: "What an application's own servers can do. Errors are problem documents (RFC 9457), explained at " + door.ErrorsPath + ". The WebSocket protocol is described at " + AsyncPath + ".",
		SecuritySchemes: map[string]*huma.SecurityScheme{adminToken: {
			Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A token signed with one of the application's admin keys. Client tokens are refused.",
		}},
		Sent: []wire.Code{
			wire.CodeInvalid, wire.CodeInvalidTopic, wire.CodeInvalidField, wire.CodeTooDeep, wire.CodeMessageTooBig,
			wire.CodeUnauthenticated, wire.CodePublishForbidden, wire.CodeForbidden, wire.CodeInternal, wire.CodeUnavailable,
		},
	}
}

// appParameter is in the path of all calls with a token; authenticate reads it.
var appParameter = &huma.Param{
	Name: "app", In: "path", Required: true, Description: "The application's id.",
	Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9a-f]{32}$", Examples: []any{"0123456789abcdef0123456789abcdef"}},
}

// errorResponses says with which statuses an operation may be refused.
func errorResponses(op huma.Operation) map[string]*huma.Response {
	statuses := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}
	if op.Method == http.MethodPost {
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return door.Refusals(statuses...)
}
