package httpapi_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tacet/core/grant"
	"tacet/core/topic"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/entry"
	"tacet/infra/httpapi"
)

// asyncDoc is the AsyncAPI document, as whoever fetches it sees it.
type asyncDoc map[string]any

func asyncAPI(t *testing.T) (d asyncDoc) {
	t.Helper()
	kind, body := get(t, "/v1/asyncapi.json")
	if err := json.Unmarshal([]byte(body), &d); err != nil || kind != "application/json" || d["asyncapi"] != "3.0.0" {
		t.Fatalf("%s, version %v: %v", kind, d["asyncapi"], err)
	}
	return d
}

// at returns the object that a reference of the document leads to.
func (d asyncDoc) at(pointer string) map[string]any {
	o := map[string]any(d)
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "#/"), "/") {
		o, _ = o[name].(map[string]any)
	}
	if to, ok := o["$ref"].(string); ok {
		return d.at(to)
	}
	return o
}

func (d asyncDoc) payload(message string) map[string]any {
	return d.at("#/components/messages/" + message + "/payload")
}

// fromClients returns the messages that the server receives, by name.
func (d asyncDoc) fromClients() (names []string) {
	for name := range d.at("#/components/messages") {
		if _, ok := d.payload(name)["properties"].(map[string]any)["type"]; ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func parsed(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	d := asyncAPI(t)
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if to, ok := v["$ref"].(string); ok && d.at(to) == nil {
				t.Errorf("%s leads nowhere", to)
			}
			for member := range maps.Values(v) {
				walk(member)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(map[string]any(d))
}

func TestExamplesFitTheirSchemas(t *testing.T) {
	d := asyncAPI(t)
	clients := d.fromClients()
	for name, m := range d.at("#/components/messages") {
		examples := list(m.(map[string]any)["examples"])
		for _, e := range examples {
			frame := e.(map[string]any)["payload"]
			for _, wrong := range d.mismatches(name, d.payload(name), frame) {
				t.Errorf("%v: %s", frame, wrong)
			}
			if !slices.Contains(clients, name) {
				continue
			}
			text, err := json.Marshal(frame)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := wire.Decode(text); err != nil || string(r.Type) != name {
				t.Errorf("%s is read as %q: %v", text, r.Type, err)
			}
		}
	}
}

// A type that the server takes stands in the catalogue's text about those that
// it does not.
func TestEveryTypeOfFrameFromClientsIsDescribed(t *testing.T) {
	i := slices.IndexFunc(wire.Catalogue, func(e wire.Entry) bool { return e.Code == wire.CodeUnknownType })
	_, known, _ := strings.Cut(strings.TrimSuffix(wire.Catalogue[i].Meaning, "."), "one of ")
	want := strings.Split(known, ", ")
	slices.Sort(want)
	if got := asyncAPI(t).fromClients(); !slices.Equal(got, want) {
		t.Errorf("described are %q, there are %q", got, want)
	}
}

// All that package wire shows as a frame of the server is described, member by
// member.
func TestEveryFrameOfTheServerIsDescribed(t *testing.T) {
	described := map[string]string{
		"backend-null": "backend-publication", "error-without-id": "error", "message": "message-to-backends",
		"presence-connected": "presence", "presence-gone": "presence",
	}
	d := asyncAPI(t)
	files, err := filepath.Glob("../../core/wire/testdata/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d frames, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		frame := strings.TrimSuffix(filepath.Base(file), ".json")
		name := described[frame]
		if name == "" {
			name = frame
		}
		schema := d.payload(name)
		if schema == nil {
			t.Errorf("no message of the document is %s", frame)
			continue
		}
		for _, wrong := range d.mismatches(name, schema, parsed(t, text)) {
			t.Errorf("%s: %s", frame, wrong)
		}
	}
}

func TestSchemasOfServerFramesAskForAllThreeMembers(t *testing.T) {
	d := asyncAPI(t)
	for name := range d.at("#/components/messages") {
		if slices.Contains(d.fromClients(), name) {
			continue
		}
		if wrong := d.mismatches(name, d.payload(name), map[string]any{}); len(wrong) != 3 {
			t.Errorf("of an empty object: %q", wrong)
		}
	}
}

// The schemas take what Decode takes, and refuse what it refuses.
func TestSchemasAgreeWithDecode(t *testing.T) {
	d := asyncAPI(t)
	of := strings.Repeat
	quoted := func(s string) string { return `"` + s + `"` }
	for _, c := range []struct{ name, data string }{
		{"subscribe", ``},
		{"subscribe", `null`},
		{"subscribe", `[]`},
		{"subscribe", `{}`},
		{"subscribe", `{"topic":7}`},
		{"subscribe", `{"topic":"chat","id":7}`},
		{"subscribe", `{"topic":"chat","id":null}`},
		{"subscribe", `{"topic":"chat","id":` + quoted(of("i", wire.MaxID)) + `}`},
		{"subscribe", `{"topic":"chat","id":` + quoted(of("i", wire.MaxID+1)) + `}`},
		{"subscribe", `{"topic":` + quoted(of("t", topic.MaxLength)) + `}`},
		{"subscribe", `{"topic":` + quoted(of("t", topic.MaxLength+1)) + `}`},
		{"unsubscribe", `{"id":"1"}`},
		{"unsubscribe", `{"topic":"chat"}`},
		{"publish", `{"payload":1}`},
		{"publish", `{"topic":"chat"}`},
		{"publish", `{"topic":"chat","payload":null,"messageType":null,"compress":null,"echo":null}`},
		{"publish", `{"topic":"chat","compress":1}`},
		{"publish", `{"topic":"chat","echo":"no"}`},
		{"publish", `{"topic":"chat","echo":false,"compress":true}`},
		{"message", `{"messageType":` + quoted(of("m", wire.MaxMessageType)) + `}`},
		{"message", `{"messageType":` + quoted(of("m", wire.MaxMessageType+1)) + `}`},
		{"message", ``},
		{"message", `null`},
		{"message", `"text"`},
		{"message", `{"payload":[1]}`},
		{"authenticate", ``},
		{"authenticate", `{}`},
		{"authenticate", `{"access_token":""}`},
		{"authenticate", `{"access_token":` + quoted(of("a", grant.MaxTokenLength)) + `}`},
		{"authenticate", `{"access_token":` + quoted(of("a", grant.MaxTokenLength+1)) + `}`},
		{"ping", ``},
		{"ping", `null`},
		{"ping", `{}`},
		{"ping", `1`},
	} {
		frame := []byte(`{"type":"` + c.name + `"}`)
		if c.data != "" {
			frame = []byte(`{"type":"` + c.name + `","data":` + c.data + `}`)
		}
		_, err := wire.Decode(frame)
		if wrong := d.mismatches("", d.payload(c.name), parsed(t, frame)); (err == nil) != (len(wrong) == 0) {
			t.Errorf("%.80s: Decode says %v, the schema %q", frame, err, wrong)
		}
	}
}

func TestTopicsSchemaAgreesWithParse(t *testing.T) {
	d := asyncAPI(t)
	names := []string{
		"", "/a", "a/", "a//b", "/", "a/b/c", "secure", "secure/", "secure/a", "secured", "priv", "priv/a", "private", "tacet", "tacet/", "tacet/a", "tacetly", "a/tacet", "ä",
	}
	for c := range 128 {
		names = append(names, "a"+string(rune(c))+"b", string(rune(c)))
	}
	for _, name := range names {
		_, err := topic.Parse(name)
		if wrong := d.mismatches("", d.at("#/components/schemas/topic"), name); (err == nil) != (len(wrong) == 0) {
			t.Errorf("%q: Parse says %v, the schema %q", name, err, wrong)
		}
	}
}

func TestCodesAndLimitsAreAllThere(t *testing.T) {
	var doc struct {
		Limits map[string]int       `json:"x-limits"`
		Closes []httpapi.ErrorEntry `json:"x-close-codes"`
		Errors []httpapi.ErrorEntry `json:"x-error-codes"`
	}
	_, body := get(t, "/v1/asyncapi.json")
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	got := slices.Concat(doc.Closes, doc.Errors)
	if len(got) != len(wire.Catalogue) || len(doc.Closes) == 0 || len(doc.Errors) == 0 {
		t.Fatalf("%d close codes and %d error codes of %d", len(doc.Closes), len(doc.Errors), len(wire.Catalogue))
	}
	for i, e := range wire.Catalogue {
		if got[i].Code != e.Code || got[i].Reconnect != e.Reconnect {
			t.Errorf("got %+v, want %+v", got[i], e)
		}
	}
	if doc.Limits["frame"] != wire.MaxFrame || doc.Limits["message"] != wire.MaxMessage {
		t.Errorf("limits %v", doc.Limits)
	}
}

// The token is let in at both places that the document names, as it writes them.
func TestTheHandshakeIsAsDocumented(t *testing.T) {
	d, r := asyncAPI(t), newRig(t)
	service := *r.api.Service
	service.Greet = func(context.Context, wire.ConnID) error { return nil }
	for name, scheme := range d.at("#/components/securitySchemes") {
		place, _ := scheme.(map[string]any)["name"].(string)
		e := &apigw.Event{Type: apigw.Connect, ConnectionID: name, Query: apigw.Query{"app": {appID}}, Headers: apigw.Header{}}
		binding, selected := "#/channels/stage/bindings/ws/query/properties/", ""
		if scheme.(map[string]any)["in"] == "header" {
			binding, selected = "#/channels/stage/bindings/ws/headers/properties/", "tacet.v1"
		}
		example, _ := list(d.at(binding + place)["examples"])[0].(string)
		value := strings.ReplaceAll(example, "<token>", token(t, userSecret))
		if selected == "" {
			e.Query[place] = []string{value}
		} else {
			e.Headers[place] = []string{value}
		}
		answer, err := entry.Connect{Service: &service}.InvokeEvent(t.Context(), e)
		if err != nil || answer.StatusCode != 200 || answer.Headers[place] != selected {
			t.Errorf("%s: %d %s, selected %q: %v", name, answer.StatusCode, answer.Body, answer.Headers[place], err)
		}
	}
}
