package platform_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/rights"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/config"
	"tacet/infra/dynamo"
	"tacet/infra/dynamo/dynamotest"
	"tacet/infra/local/guard"
	"tacet/infra/local/iam"
	"tacet/infra/local/kms"
	"tacet/infra/local/template"
	"tacet/infra/platform"
	functionapi "tacet/infra/platform/api"
	functionmanage "tacet/infra/platform/manage"
	"tacet/infra/sigv4"
)

// local is what all tests of this package talk to.
var local *dynamotest.Local

func TestMain(m *testing.M) {
	var err error
	if local, err = dynamotest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	local.Stop()
	os.Exit(status)
}

const (
	appID       = "0123456789abcdef0123456789abcdef"
	adminSecret = "the secret of admins, 32 bytes or more"
	userSecret  = "the secret of clients, 32 bytes or more"
	signing     = "what everybody signs with"
)

// owner is whose account the application is in.
var owner = account.Identity{Issuer: "https://issuer.example", Subject: "owner", Email: "owner@example.org"}

// errand is what the function erase is started with.
var errand = regexp.MustCompile(`^{"job":"[0-9a-f]{32}"}$`)

// makers are the functions.
var makers = map[string]func(*platform.Parts) platform.Handler{
	"connect": platform.Connect, "welcome": platform.Welcome, "disconnect": platform.Disconnect,
	"subscribe": platform.Subscribe, "publish": platform.Publish, "fallback": platform.Fallback,
	"fanout": platform.Fanout, "api": functionapi.New, "rollup": platform.Rollup, "expire": platform.Expire,
	"manage": functionmanage.New, "erase": platform.Erase,
}

// rig has all functions, as the template sets them up, before DynamoDB Local.
// A guard stands between them, which lets pass what their roles allow; Lambda
// and the management API are the rig itself.
type rig struct {
	t         *testing.T
	guard     *guard.Guard
	functions map[string]platform.Handler
	log       *bytes.Buffer
	store     *dynamo.Realtime
	records   *dynamo.Directory
	names     dynamotest.Names
	accounts  *account.Service // with the role of manage
	rights    *rights.Service

	ahead time.Duration // of the time

	mu      sync.Mutex
	started []string // functions that were invoked
	posted  map[string][]string
	closed  []string
	gone    map[string]bool
}

// newRig makes one. Settings replace what the template says.
func newRig(t *testing.T, settings map[string]string) *rig {
	t.Helper()
	r := &rig{t: t, log: &bytes.Buffer{}, functions: map[string]platform.Handler{}, posted: map[string][]string{}, gone: map[string]bool{}, names: local.Create(t)}
	read, err := template.Read("../../template.yaml", template.Options{Region: dynamotest.Region})
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := url.Parse(local.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	api := read.WebSocketAPIs[0]
	roles, tables := map[string]iam.Role{}, map[string]guard.Table{}
	for _, f := range read.Functions {
		roles[f.ID] = r.role(f.Role.Role)
	}
	for _, name := range r.names {
		tables[name] = guard.Table{Hash: dynamo.Hash, Indexes: map[string]string{"due": "due"}}
	}
	r.guard = guard.New(guard.Options{
		Region: read.Region, AccountID: read.AccountID, Roles: roles, Secret: signing, Tables: tables, API: api.ID,
		DynamoDB: httputil.NewSingleHostReverseProxy(endpoint), Lambda: http.HandlerFunc(r.lambda), KMS: kms.New([kms.SecretSize]byte{1}), Connections: http.HandlerFunc(r.connections),
	})
	server := httptest.NewServer(r.guard)
	t.Cleanup(server.Close)
	for _, f := range read.Functions {
		env := map[string]string{
			"AWS_REGION": read.Region, "AWS_ACCESS_KEY_ID": f.ID, "AWS_SECRET_ACCESS_KEY": signing,
		}
		for name, value := range f.Env {
			env[name] = r.physical(value)
		}
		for name, value := range map[string]string{
			"AWS_ENDPOINT_URL_DYNAMODB": server.URL, "AWS_ENDPOINT_URL_LAMBDA": server.URL, "AWS_ENDPOINT_URL_KMS": server.URL,
			"TACET_CONNECTIONS_URL": server.URL + "/" + api.Stages[0].Name, "TACET_LOG_LEVEL": "debug",
		} {
			env[name] = value
		}
		for name, value := range settings {
			env[name] = value
		}
		name := strings.ToLower(strings.TrimSuffix(f.ID, "Function"))
		s, err := config.ReadFunction(name, func(name string) string { return env[name] })
		if err != nil {
			t.Fatal(err)
		}
		parts := platform.New(s, r.log)
		parts.Now = r.now
		r.functions[name] = makers[name](parts)
		if name == "manage" {
			r.accounts, r.rights = parts.Accounts()
		}
	}
	admin := dynamo.NewClient(dynamo.Options{Region: read.Region, Endpoint: local.Endpoint, Credentials: sigv4.Credentials{ID: "admin", Secret: "admin"}})
	r.store = dynamo.NewRealtime(admin, r.names["realtime"], r.now)
	r.records = dynamo.NewDirectory(admin, r.names["directory"], r.now)
	_, err = r.accounts.Provision(t.Context(), account.Provision{
		Owner: owner, App: appID, Name: "an application", Plan: "free", Settings: app.Settings{Expiry: app.ExpiryEnforce},
		Keys: grant.Slots{Admin: [2]grant.Slot{slot(adminSecret)}, Client: [2]grant.Slot{slot(userSecret)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) now() time.Time { return time.Now().Add(r.ahead) }

// physical returns the name of a table that the template calls otherwise.
func (r *rig) physical(s string) string {
	for class, name := range r.names {
		s = strings.ReplaceAll(s, strings.ToUpper(class[:1])+class[1:]+"Table", name)
	}
	return s
}

func (r *rig) role(role iam.Role) iam.Role {
	for i := range role.Statements {
		for j := range role.Statements[i].Resources {
			role.Statements[i].Resources[j] = r.physical(role.Statements[i].Resources[j])
		}
	}
	return role
}

// lambda is the Invoke API.
func (r *rig) lambda(w http.ResponseWriter, q *http.Request) {
	name := strings.Split(q.URL.Path, "/")[3]
	r.mu.Lock()
	r.started = append(r.started, name)
	r.mu.Unlock()
	payload, err := io.ReadAll(q.Body)
	if err != nil {
		r.t.Error(err)
	}
	if q.Header.Get("X-Amz-Invocation-Type") == "Event" {
		if string(payload) != `{"connectionId":"here"}` && !errand.Match(payload) {
			r.t.Errorf("started with more than ids: %s", payload)
		}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	answer, err := r.functions[strings.ToLower(strings.TrimSuffix(name, "Function"))].Invoke(q.Context(), payload)
	if err != nil {
		r.t.Error(err)
	}
	_, _ = w.Write(answer)
}

// connections is the management API.
func (r *rig) connections(w http.ResponseWriter, q *http.Request) {
	id := q.URL.Path[strings.LastIndex(q.URL.Path, "/")+1:]
	body, err := io.ReadAll(q.Body)
	if err != nil {
		r.t.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.gone[id]:
		w.WriteHeader(http.StatusGone)
	case q.Method == http.MethodDelete:
		r.closed = append(r.closed, id)
		w.WriteHeader(http.StatusNoContent)
	default:
		r.posted[id] = append(r.posted[id], string(body))
	}
}

// invoke has a function answer an event.
func (r *rig) invoke(function string, event any) string {
	r.t.Helper()
	text, ok := event.([]byte)
	if !ok {
		var err error
		if text, err = json.Marshal(event); err != nil {
			r.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	answer, err := r.functions[function].Invoke(ctx, text)
	if err != nil {
		r.t.Fatalf("%s: %v: %s %v", function, err, r.log, r.guard.Denials())
	}
	return string(answer)
}

// send sends a frame from a connection, and wants something in the answer.
func (r *rig) send(function string, from wire.ConnID, frame, want string) {
	r.t.Helper()
	e := apigw.Event{Type: apigw.Message, RouteKey: "any", ConnectionID: string(from), RequestID: "request", Body: []byte(frame)}
	if got := plain(r.invoke(function, e.AppendJSON(nil))); !strings.Contains(got, want) {
		r.t.Errorf("%s: %s: got %s, want %q in it", function, frame, got, want)
	}
}

// call calls the HTTP API, and wants something in the answer.
func (r *rig) call(method, path, query, body, want string) {
	r.t.Helper()
	if got := r.ask(method, path, query, body); !strings.Contains(got, want) {
		r.t.Errorf("%s %s: got %s, want %q in it", method, path, got, want)
	}
}

// read returns what the HTTP API answers.
func (r *rig) read(path string) string {
	r.t.Helper()
	return r.ask("GET", path, "", "")
}

func (r *rig) ask(method, path, query, body string) string {
	r.t.Helper()
	event := map[string]any{
		"version": "2.0", "rawPath": path, "rawQueryString": query, "body": body,
		"headers":        map[string]string{"authorization": "Bearer " + r.token(adminSecret, "server", time.Hour, grant.Write("*"), string(grant.ManageSubscribers), string(grant.ManageConnections), string(grant.ManageApplication))},
		"requestContext": map[string]any{"domainName": "localhost", "http": map[string]string{"method": method, "sourceIp": "192.0.2.7"}},
	}
	return plain(r.invoke("api", event))
}

// plain returns JSON whose texts look as they are.
func plain(text string) string { return strings.ReplaceAll(text, `\"`, `"`) }

// open adds a connection that was opened an hour ago, with topics.
func (r *rig) open(id wire.ConnID, who grant.Subject, deadline time.Time, topics ...string) *pubsub.Connection {
	r.t.Helper()
	grants, err := grant.NewGrants([]string{grant.Write("*"), grant.Read("*")})
	if err != nil {
		r.t.Fatal(err)
	}
	now := r.now()
	c := &pubsub.Connection{ID: id, App: appID, Subject: who, Grants: grants, ConnectedAt: now.Add(-time.Hour), Deadline: deadline, Expires: now.Add(time.Hour)}
	if err := r.store.Add(r.t.Context(), c, pubsub.Quota{}); err != nil {
		r.t.Fatal(err)
	}
	for _, n := range topics {
		if err := r.store.Subscribe(r.t.Context(), c, must(r.t, n), 0); err != nil {
			r.t.Fatal(err)
		}
	}
	return c
}

func (r *rig) token(secret string, who grant.Subject, life time.Duration, permissions ...string) string {
	r.t.Helper()
	k, err := grant.ParseSigningKey(grant.HS256, secret)
	if err != nil {
		r.t.Fatal(err)
	}
	text, err := grant.Sign(k, grant.Claims{Subject: who, Permissions: permissions, Expires: r.now().Add(life)})
	if err != nil {
		r.t.Fatal(err)
	}
	return text
}

func slot(secret string) grant.Slot {
	return grant.Slot{Algorithm: grant.HS256, Text: grant.NewSecret(secret)}
}
