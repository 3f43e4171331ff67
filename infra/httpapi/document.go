package httpapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tacet/core/fault"
	"tacet/core/wire"
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

// requestBody is what a body looks like, for the document only: huma would
// read and check a body that it knew of.
type requestBody struct {
	of      reflect.Type
	example any
}

const bodyKey = "body"

// bodyDoc says that an operation takes a body like v.
func bodyDoc(v, example any) map[string]any {
	return map[string]any{bodyKey: requestBody{reflect.TypeOf(v), example}}
}

func documentBody(doc *huma.OpenAPI, op *huma.Operation) {
	if b, ok := op.Metadata[bodyKey].(requestBody); ok {
		schema := doc.Components.Schemas.Schema(b.of, true, op.OperationID)
		schema.Nullable = false
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/json": {Schema: schema, Example: b.example},
		}}
	}
}

// newDocumented returns a huma API whose routes are added to mux, and nothing
// else: its pages would load scripts from elsewhere.
func newDocumented(mux *http.ServeMux) huma.API {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Tacet", Version: "1",
				Description: "What an application's own servers can do. Errors are problem documents (RFC 9457), explained at " + errorsPath + ". The WebSocket protocol is described at " + asyncPath + ".",
			},
			Components: &huma.Components{
				Schemas:   schemas,
				Responses: documentErrors(schemas),
				SecuritySchemes: map[string]*huma.SecurityScheme{"adminToken": {
					Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A token signed with one of the application's admin keys. Client tokens are refused.",
				}},
			},
			OnAddOperation: []huma.AddOpFunc{documentBody},
		},
		Formats: map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		// The second is how huma finds application/problem+json.
		DefaultFormat: "application/json",
	}
	config.AllowAdditionalPropertiesByDefault = true // answers may grow
	return huma.NewAPI(config, adapter{humago.NewAdapter(mux, ""), mux})
}

// document returns the OpenAPI document, once all routes are there.
func (s *server) document() []byte {
	schemas := s.api.OpenAPI().Components.Schemas.Map()
	for _, own := range []string{"ErrorModel", "ErrorDetail"} { // huma's, which nobody gets to see
		delete(schemas, own)
	}
	for _, schema := range schemas {
		for _, property := range schema.Properties {
			if property.Type == huma.TypeArray {
				property.Nullable = false // ours are never null
			}
		}
	}
	b, err := json.MarshalIndent(s.api.OpenAPI(), "", "  ")
	if err != nil {
		panic(err) // what it is made of is constant
	}
	return append(b, '\n')
}

// appParameter is in the path of all calls with a token; authenticate reads it.
var appParameter = &huma.Param{
	Name: "app", In: "path", Required: true, Description: "The application's id.",
	Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9a-f]{32}$", Examples: []any{"0123456789abcdef0123456789abcdef"}},
}

// errorStatuses are the statuses that a call with a token may be refused with.
var errorStatuses = []int{400, 401, 403, 500, 503}

// sent lists the errors of the catalogue that this API answers with.
var sent = []wire.Code{
	wire.CodeInvalid, wire.CodeInvalidTopic, wire.CodeInvalidField, wire.CodeTooDeep, wire.CodeMessageTooBig,
	wire.CodeUnauthenticated, wire.CodePublishForbidden, wire.CodeForbidden, wire.CodeInternal, wire.CodeUnavailable,
}

// errorResponses says with which statuses an operation may be refused.
func errorResponses(op huma.Operation) map[string]*huma.Response {
	codes := errorStatuses
	if op.Method == http.MethodPost {
		codes = append([]int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}, codes...)
	}
	responses := map[string]*huma.Response{}
	for _, code := range codes {
		key := strconv.Itoa(code)
		responses[key] = &huma.Response{Ref: "#/components/responses/" + key}
	}
	return responses
}

// documentErrors describes each status with an example for each error that
// comes with it.
func documentErrors(schemas huma.Registry) map[string]*huma.Response {
	problem := schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	responses := map[string]*huma.Response{}
	at := func(status int) *huma.MediaType {
		key := strconv.Itoa(status)
		if responses[key] == nil {
			responses[key] = &huma.Response{
				Description: http.StatusText(status),
				Content:     map[string]*huma.MediaType{problemType: {Schema: problem, Examples: map[string]*huma.Example{}}},
			}
		}
		return responses[key].Content[problemType]
	}
	for _, e := range wire.Catalogue {
		if !slices.Contains(sent, e.Code) {
			continue
		}
		example := problemOf(&fault.Error{Kind: e.Kind, Code: e.Code, Text: e.Meaning})
		at(example.Status).Examples[e.Name] = &huma.Example{Summary: example.Title, Value: example}
	}
	example := problemOf(unsupported("the body must be JSON: send it with Content-Type: application/json"))
	at(example.Status).Examples["invalid-request"] = &huma.Example{Summary: example.Title, Value: example}
	return responses
}
