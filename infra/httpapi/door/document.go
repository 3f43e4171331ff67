package door

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/fault"
	"tacet/core/wire"
)

// requestBody is what a body looks like, for the document only: huma would
// read and check a body that it knew of.
type requestBody struct {
	of      reflect.Type
	example any
	types   []string
}

const bodyKey = "body"

// BodyDoc says that an operation takes a body like v, in JSON; other media
// types that are JSON as well may be named.
func BodyDoc(v, example any, also ...string) map[string]any {
	return map[string]any{bodyKey: requestBody{reflect.TypeOf(v), example, append([]string{"application/json"}, also...)}}
}

const alsoKey = "also"

// Also says that an operation may succeed with another status as well, with the
// same answer.
func Also(metadata map[string]any, status int) map[string]any {
	if metadata == nil {
		metadata = map[string]any{}
	}
	metadata[alsoKey] = status
	return metadata
}

func documentAlso(_ *huma.OpenAPI, op *huma.Operation) {
	if status, ok := op.Metadata[alsoKey].(int); ok {
		its := *op.Responses[strconv.Itoa(op.DefaultStatus)]
		its.Description = http.StatusText(status)
		op.Responses[strconv.Itoa(status)] = &its
	}
}

const answerKey = "answer"

// Answer says what the answer in JSON is like, of an operation that streams it.
func Answer(metadata map[string]any, like any) map[string]any {
	if metadata == nil {
		metadata = map[string]any{}
	}
	metadata[answerKey] = reflect.TypeOf(like)
	return metadata
}

func documentAnswer(doc *huma.OpenAPI, op *huma.Operation) {
	of, ok := op.Metadata[answerKey].(reflect.Type)
	if !ok {
		return
	}
	its := *op.Responses["200"]
	its.Content = maps.Clone(its.Content)
	its.Content["application/json"] = &huma.MediaType{Schema: doc.Components.Schemas.Schema(of, true, op.OperationID)}
	op.Responses["200"] = &its
}

func documentBody(doc *huma.OpenAPI, op *huma.Operation) {
	b, ok := op.Metadata[bodyKey].(requestBody)
	if !ok {
		return
	}
	schema := doc.Components.Schemas.Schema(b.of, true, op.OperationID)
	schema.Nullable = false
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	for _, media := range b.types {
		op.RequestBody.Content[media] = &huma.MediaType{Schema: schema, Example: b.example}
	}
}

// Description is what an OpenAPI document says besides its operations.
type Description struct {
	Text            string
	Tags            []*huma.Tag
	SecuritySchemes map[string]*huma.SecurityScheme
	Sent            []wire.Code // the errors of the catalogue that are answered with
	// Closed are types of bodies that may hold nothing that is not described,
	// nor may what is in them.
	Closed []reflect.Type
}

// Document returns the OpenAPI document of all routes, and its operations in the
// order in which they were added.
func (s *Server) Document(d Description) (doc *huma.OpenAPI, all []*huma.Operation) {
	schemas := newSchemas()
	doc = &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "Tacet", Version: "1", Description: d.Text},
		Tags:    d.Tags,
		Components: &huma.Components{
			Schemas: schemas, Responses: documentErrors(schemas, d.Sent), SecuritySchemes: d.SecuritySchemes,
		},
		OnAddOperation: []huma.AddOpFunc{documentBody, documentAlso, documentAnswer, func(_ *huma.OpenAPI, op *huma.Operation) { all = append(all, op) }},
	}
	api := newAPI(doc, func(func(huma.Context)) {})
	for _, r := range s.routes {
		r.add(api)
	}
	described := schemas.Map()
	for _, own := range []string{"ErrorModel", "ErrorDetail"} { // huma's, which nobody gets to see
		delete(described, own)
	}
	for _, schema := range described {
		for _, property := range schema.Properties {
			if property.Type == huma.TypeArray {
				property.Nullable = false // ours are never null
			}
		}
	}
	for _, t := range d.Closed {
		closeSchema(described, t)
	}
	return doc, all
}

// closeSchema lets the schema of t, and those of its members, take nothing that
// is not described.
func closeSchema(all map[string]*huma.Schema, t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	schema := all[huma.DefaultSchemaNamer(t, "")]
	if schema == nil || schema.Type != huma.TypeObject {
		return
	}
	schema.AdditionalProperties = false
	for i := range t.NumField() {
		closeSchema(all, t.Field(i).Type)
	}
}

// Encode returns v, which is made of constants, as JSON for people to read as
// well.
func Encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // placeholders such as <token> are read by people
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Refusals says that an operation may be refused with these statuses, beside
// those that each has.
func Refusals(statuses ...int) map[string]*huma.Response {
	responses := map[string]*huma.Response{}
	for _, status := range append(statuses, http.StatusInternalServerError) {
		key := strconv.Itoa(status)
		responses[key] = &huma.Response{Ref: "#/components/responses/" + key}
	}
	return responses
}

// documentErrors describes each status with an example for each error that
// comes with it.
func documentErrors(schemas huma.Registry, sent []wire.Code) map[string]*huma.Response {
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
		example := ProblemOf(&fault.Error{Kind: e.Kind, Code: e.Code, Text: e.Meaning})
		at(example.Status).Examples[e.Name] = &huma.Example{Summary: example.Title, Value: example}
	}
	example := ProblemOf(Unsupported("the body must be JSON: send it with Content-Type: application/json"))
	at(example.Status).Examples["invalid-request"] = &huma.Example{Summary: example.Title, Value: example}
	return responses
}
