package httpapi_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tacet/core/privacy"
	"tacet/core/wire"
	"tacet/infra/httpapi"
)

var update = flag.Bool("update", false, "write the golden files anew")

func get(t *testing.T, path string) (contentType, body string) {
	t.Helper()
	r := newRig(t)
	w := r.do(httptest.NewRequest("GET", path, nil))
	if w.Code != 200 {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Header().Get("Content-Type"), w.Body.String()
}

func TestManifestIsServedAsItIs(t *testing.T) {
	kind, body := get(t, "/.well-known/telemetry.json")
	want, err := json.Marshal(privacy.Telemetry)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "application/json" || strings.TrimSpace(body) != string(want) {
		t.Errorf("got %s, %d bytes that are not the %d of the manifest: %.200s", kind, len(body), len(want), body)
	}
}

func TestCatalogueIsServedForPeopleAndForPrograms(t *testing.T) {
	_, body := get(t, "/v1/errors.json")
	var entries []httpapi.ErrorEntry
	if err := json.Unmarshal([]byte(body), &entries); err != nil || len(entries) != len(wire.Catalogue) {
		t.Fatalf("%d entries of %d: %v", len(entries), len(wire.Catalogue), err)
	}
	kind, page := get(t, "/v1/errors")
	if kind != "text/html; charset=utf-8" {
		t.Errorf("the page is %s", kind)
	}
	for i, e := range wire.Catalogue {
		if got := entries[i]; got.Code != e.Code || got.Name != e.Name || got.Meaning != e.Meaning || got.Reconnect != e.Reconnect {
			t.Errorf("got %+v, want %+v", got, e)
		}
		if !strings.Contains(page, fmt.Sprintf(`<tr id="%s"><td>%d<td>`, e.Name, e.Code)) {
			t.Errorf("the page has no place for %s, which problems point to", e.Name)
		}
	}
	if entries[0].Status != 400 || strings.Contains(page, "<pattern>") {
		t.Errorf("%+v; or the page is not escaped", entries[0])
	}
}

func TestHealthSaysOK(t *testing.T) {
	if _, body := get(t, "/healthz"); body != "{\"status\":\"ok\"}\n" {
		t.Errorf("got %s", body)
	}
}

// The documents are contracts: a change of one is read as a diff.
func TestDocumentsAreAsReviewed(t *testing.T) {
	for _, name := range []string{"openapi.json", "asyncapi.json"} {
		_, got := get(t, "/v1/"+name)
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s has changed: read the diff after go test ./infra/httpapi -update", name)
		}
	}
}

func TestDocumentPromisesWhatIsTrue(t *testing.T) {
	_, body := get(t, "/v1/openapi.json")
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Security    []map[string][]string
			Responses   map[string]any
			RequestBody *struct {
				Required bool
				Content  map[string]struct{ Schema, Example any }
			}
		}
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("version %q: %v", doc.OpenAPI, err)
	}
	null := strings.Count(body, `"null"`)
	if strings.Contains(body, "ErrorModel") || null != strings.Count(body, `"openAtMost":`) { // which is null if nobody counted
		t.Error("the document describes what is never answered")
	}
	for path, item := range doc.Paths {
		for method, op := range item {
			name := strings.ToUpper(method) + " " + path
			if withToken := strings.Contains(path, "{app}"); withToken != (len(op.Security) == 1) {
				t.Errorf("%s: security %v", name, op.Security)
			}
			if _, ok := op.Responses["500"]; !ok {
				t.Errorf("%s never fails, says the document", name)
			}
			if method == "post" && (op.RequestBody == nil || !op.RequestBody.Required || op.RequestBody.Content["application/json"].Example == nil) {
				t.Errorf("%s: the body is not described", name)
			}
			path := strings.NewReplacer("{app}", appID, "{topic}", "chat/lobby", "{connection}", "b1=", "{days}", "7").Replace(path)
			r := newRig(t)
			q := r.request(strings.ToUpper(method), path, "")
			if op.RequestBody != nil { // the example must work
				example, err := json.Marshal(op.RequestBody.Content["application/json"].Example)
				if err != nil {
					t.Fatal(err)
				}
				q = r.request(strings.ToUpper(method), path, string(example))
			}
			if w := r.do(q); w.Code != 200 {
				t.Errorf("%s as documented: %d %s", name, w.Code, w.Body)
			}
		}
	}
}
