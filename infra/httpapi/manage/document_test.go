package manage_test

import (
	"encoding/json"
	"flag"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tacet/core/account"
	"tacet/infra/httpapi/manage"
)

var update = flag.Bool("update", false, "write the golden files anew")

type described struct {
	OperationID, Summary, Description string
	Tags                              []string
	Security                          []map[string][]string
	Parameters                        []struct {
		Name, In, Description string
		Required              bool
	}
	Responses   map[string]any
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema, Example any }
	}
	Permission account.Action `json:"x-permission"`
	Roles      []account.Role `json:"x-roles"`
}

type document struct {
	OpenAPI string
	Tags    []struct{ Name string }
	Paths   map[string]map[string]described
}

var openAPI = sync.OnceValue(func() string {
	w := httptest.NewRecorder()
	manage.API{}.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/v1/openapi.json", nil))
	return w.Body.String()
})

func readDocument(t testing.TB) (doc document) {
	t.Helper()
	if err := json.Unmarshal([]byte(openAPI()), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// The document is a contract: a change of it is read as a diff.
func TestDocumentIsAsReviewed(t *testing.T) {
	golden := filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(golden, []byte(openAPI()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if openAPI() != string(want) {
		t.Error("openapi.json has changed: read the diff after go test ./infra/httpapi/manage -run Document -update")
	}
}

func TestDocumentSaysAllOfEachOperation(t *testing.T) {
	doc := readDocument(t)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || strings.Contains(openAPI(), "ErrorModel") {
		t.Errorf("version %s, or it describes what is never answered", doc.OpenAPI)
	}
	tags := map[string]bool{}
	for _, tag := range doc.Tags {
		tags[tag.Name] = true
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			name := strings.ToUpper(method) + " " + path
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || len(op.Tags) != 1 || !tags[op.Tags[0]] {
				t.Errorf("%s: id %q, summary %q, tags %v", name, op.OperationID, op.Summary, op.Tags)
			}
			ids[op.OperationID] = true
			for _, p := range op.Parameters {
				if p.Description == "" || p.Required && p.In == "query" {
					t.Errorf("%s: the parameter %+v", name, p)
				}
			}
			for _, status := range statuses(path, op) {
				if _, ok := op.Responses[status]; !ok {
					t.Errorf("%s never answers %s, says the document", name, status)
				}
			}
			if op.RequestBody != nil && (!op.RequestBody.Required || op.RequestBody.Content["application/json"].Example == nil) {
				t.Errorf("%s: the body is not described", name)
			}
			if op.Permission != "" && (!strings.Contains(op.Description, "`"+string(op.Permission)+"`") || len(op.Roles) == 0) {
				t.Errorf("%s: the description does not name the permission", name)
			}
			for _, r := range op.Roles {
				if !r.May(op.Permission) || !strings.Contains(op.Description, string(r)) {
					t.Errorf("%s: not for %s", name, r)
				}
			}
		}
	}
}

// statuses returns those that an operation must be able to answer, by what it is.
func statuses(path string, op described) (all []string) {
	all = append(all, "500")
	if strings.HasPrefix(path, "/v1/") && path != "/v1/errors.json" {
		all = append(all, "400", "429", "503")
	}
	if op.Security != nil {
		all = append(all, "401", "403")
	}
	if strings.Contains(path, "{account}") {
		all = append(all, "404")
	}
	if op.RequestBody != nil {
		all = append(all, "413", "415")
	}
	for _, p := range op.Parameters {
		switch p.Name {
		case "If-Match":
			all = append(all, "412", "428")
		case "If-None-Match":
			all = append(all, "304")
		case "Idempotency-Key":
			all = append(all, "409")
		}
	}
	return all
}

func TestExamplesOfBodiesAreTaken(t *testing.T) {
	for path, item := range readDocument(t).Paths {
		for method, op := range item {
			if op.RequestBody == nil || !strings.HasPrefix(path, "/v1/") {
				continue
			}
			for media, content := range op.RequestBody.Content {
				example, err := json.Marshal(content.Example)
				if err == nil {
					err = manage.DecodeBody(op.OperationID, string(example))
				}
				if err != nil {
					t.Errorf("%s %s: the example in %s: %v", method, path, media, err)
				}
			}
		}
	}
}

func TestTheTableOfPermissionsIsServed(t *testing.T) {
	var got []manage.Permission
	if err := json.Unmarshal(newRig(t).want(200, "", "GET", "/v1/permissions", "").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for i, p := range account.Permissions() {
		if i >= len(got) || got[i].Action != p.Action || got[i].What != p.What || !slices.Equal(got[i].Roles, p.Roles) {
			t.Fatalf("got %+v, want %+v", got, p)
		}
	}
}

func TestEveryPermissionIsNeededSomewhere(t *testing.T) {
	elsewhere := map[account.Action]string{
		account.SuspendApps:    "changing an application",
		account.LeaveAccount:   "removing a member",
		account.ManageAnyToken: "listing and revoking tokens",
		account.ReadReports:    "reports", account.DeleteAccount: "rights", account.ExportAccount: "rights", account.ExportSelf: "rights",
	}
	needed := map[account.Action]bool{}
	for _, item := range readDocument(t).Paths {
		for op := range maps.Values(item) {
			needed[op.Permission] = true
		}
	}
	for _, p := range account.Permissions() {
		if !needed[p.Action] && elsewhere[p.Action] == "" {
			t.Errorf("nothing needs %s", p.Action)
		}
	}
}

func TestExamplesOfParametersHaveTheirForm(t *testing.T) {
	if bad := manage.CheckPatterns(); bad != nil {
		t.Error(bad)
	}
}

// Routes are made when they are first used, and the document when it is first
// asked for: at the same time, when it comes to that.
func TestRoutesAndDocumentAreMadeAtTheSameTime(t *testing.T) {
	handler := manage.API{Limits: manage.Limits{Client: manage.Rate{PerSecond: 1e6, Burst: 1e6}}}.Handler()
	var all sync.WaitGroup
	for path, item := range readDocument(t).Paths {
		for method := range item {
			for _, q := range [][2]string{{strings.ToUpper(method), path}, {"GET", "/v1/openapi.json"}, {"GET", "/v1/reference"}} {
				all.Go(func() {
					w := httptest.NewRecorder()
					handler.ServeHTTP(w, httptest.NewRequest(q[0], strings.NewReplacer("{", "", "}", "").Replace(q[1]), nil))
					if q[0] == "GET" && strings.HasPrefix(q[1], "/v1/o") && w.Code != 200 && !strings.Contains(q[1], "operator") {
						t.Errorf("%s: %d", q[1], w.Code)
					}
				})
			}
		}
	}
	all.Wait()
}
