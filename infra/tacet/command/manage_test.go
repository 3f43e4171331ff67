package command_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/infra/tacet/command"
)

// desk answers as the API of accounts does, as far as a test says, and keeps what was asked of it.
type desk struct {
	mu      sync.Mutex
	answers map[string][]string // by method and path; the last one stays
	asked   []string            // method, path and query, If-Match, body
	once    []string            // idempotency keys
	tokens  []string
}

const (
	acc = "a0000000000000000000000000000000"
	one = "b0000000000000000000000000000000"
)

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	defer d.mu.Unlock()
	asked := r.Method + " " + r.URL.RequestURI()
	if m := r.Header.Get("If-Match"); m != "" {
		asked += " " + m
	}
	d.asked = append(d.asked, strings.TrimSpace(asked+" "+string(body)))
	if k := r.Header.Get("Idempotency-Key"); k != "" {
		d.once = append(d.once, k)
	}
	d.tokens = append(d.tokens, r.Header.Get("Authorization"))
	all := d.answers[r.Method+" "+r.URL.Path]
	if len(all) == 0 {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"detail":"there is no such thing"}`)
		return
	}
	if len(all) > 1 {
		d.answers[r.Method+" "+r.URL.Path] = all[1:]
	}
	text := all[0]
	if status, rest, refused := strings.Cut(text, " "); refused && len(status) == 3 {
		var code int
		fmt.Sscan(status, &code)
		w.WriteHeader(code)
		fmt.Fprint(w, rest)
		return
	}
	w.Header().Set("ETag", `"v1"`)
	fmt.Fprint(w, text)
}

// manage runs a command against a desk, as somebody with an access token.
func manage(t *testing.T, answers map[string]string, args ...string) (d *desk, status int, out, said string) {
	t.Helper()
	d = &desk{answers: map[string][]string{"GET /v1/accounts": {`{"items":[{"account":{"id":"` + acc + `"},"role":"owner"}]}`}}}
	for where, text := range answers {
		d.answers[where] = strings.Split(text, "\n")
	}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("TACET_URL", server.URL)
	t.Setenv("TACET_TOKEN", "tacet_t_mine")
	var stdout, stderr bytes.Buffer
	status = command.Main(append([]string{"tacet"}, args...), strings.NewReader(""), &stdout, &stderr)
	return d, status, stdout.String(), stderr.String()
}

func TestWhatIsTypedIsAskedOfTheServer(t *testing.T) {
	const account, app = "/v1/accounts/" + acc, "/v1/accounts/" + acc + "/apps/" + one
	member := `{"id":"` + one + `","role":"admin","email":"a@example.org"}`
	application := `{"id":"` + one + `","name":"chat","plan":"team","settings":{"violations":"error"}}`
	key := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, []byte("-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line     []string
		answers  map[string]string
		want     string // the last request
		out, err string // are in what is printed
	}{
		{[]string{"account", "create", "--name", "Ada"}, map[string]string{"POST /v1/accounts": `{"id":"new"}`}, `POST /v1/accounts {"profile":{"fullName":"Ada"}}`, "new\n", "tacet app create NAME --account new --url"},
		{[]string{"account", "show"}, map[string]string{"GET " + account: `{"id":"x","profile":{"fullName":"Ada\u001b[2J"}}`}, "GET " + account, `Name           Ada\x1b[2J`, ""},
		{[]string{"account", "update", "--name", "A", "--email="}, map[string]string{"GET " + account: "{}", "PATCH " + account: `{"id":"x"}`}, "PATCH " + account + ` "v1" {"profile":{"email":null,"fullName":"A"}}`, "x", ""},
		{[]string{"account", "members"}, map[string]string{"GET " + account + "/members": `{"items":[` + member + `]}`}, "GET " + account + "/members", "a@example.org", ""},
		{[]string{"account", "role", one, "admin"}, map[string]string{"GET " + account + "/members/" + one: member, "PATCH " + account + "/members/" + one: member}, "PATCH " + account + "/members/" + one + ` "v1" {"role":"admin"}`, "", "is admin now"},
		{[]string{"account", "remove", one}, map[string]string{"GET " + account + "/members/" + one: member, "DELETE " + account + "/members/" + one: "{}"}, "DELETE " + account + "/members/" + one + ` "v1"`, "", "removed"},
		{[]string{"account", "leave"}, map[string]string{"GET /v1/me": `{"memberships":[{"account":{"id":"` + acc + `"},"member":"` + one + `"}]}`, "GET " + account + "/members/" + one: member, "DELETE " + account + "/members/" + one: "{}"}, "DELETE " + account + "/members/" + one + ` "v1"`, "", "have left"},
		{[]string{"account", "invite", "g@example.org", "--role", "viewer"}, map[string]string{"POST " + account + "/invitations": `{"id":"i1"}`}, "POST " + account + `/invitations {"email":"g@example.org","role":"viewer"}`, "i1\n", "tacet account accept i1 --url"},
		{[]string{"account", "withdraw", "i1"}, map[string]string{"DELETE " + account + "/invitations/i1": "{}"}, "DELETE " + account + "/invitations/i1", "", "withdrawn"},
		{[]string{"account", "accept", "i1"}, map[string]string{"POST /v1/invitations/i1/accept": `{"account":{"id":"x"},"role":"viewer"}`}, "POST /v1/invitations/i1/accept", "", "as viewer"},
		{[]string{"account", "invitations", "--mine"}, map[string]string{"GET /v1/me": `{"invitations":[{"id":"i1","role":"viewer"}]}`}, "GET /v1/me", "i1", ""},
		{[]string{"account", "payment", "set", "--brand", "visa", "--until", "2030-12"}, map[string]string{"GET " + account + "/payment": "{}", "PUT " + account + "/payment": `{"brand":"visa"}`}, "PUT " + account + `/payment "v1" {"brand":"visa","expires":"2030-12"}`, "visa", ""},
		{[]string{"account", "token", "revoke", "t1"}, map[string]string{"DELETE " + account + "/tokens/t1": "{}"}, "DELETE " + account + "/tokens/t1", "", "revoked"},
		{[]string{"account", "activity", "--json", "--limit", "2"}, map[string]string{"GET " + account + "/activity": `{"items":[{"what":"a"},{"what":"b"},{"what":"c"}]}`}, "GET " + account + "/activity", "{\"what\":\"a\"}\n{\"what\":\"b\"}\n", ""},
		{[]string{"app", "create", "chat", "--plan", "team", "--violations", "error"}, map[string]string{"POST " + account + "/apps": application}, "POST " + account + `/apps {"name":"chat","plan":"team","settings":{"violations":"error"}}`, one + "\n", "tacet key create --app " + one},
		{[]string{"app", "show", one}, map[string]string{"GET " + app: application}, "GET " + app, "Violations     error", ""},
		{[]string{"app", "update", one, "--blind-topics", "on"}, map[string]string{"GET " + app: application, "PATCH " + app: application}, "PATCH " + app + ` "v1" {"settings":{"blindTopics":true}}`, "chat", ""},
		{[]string{"app", "suspend", one}, map[string]string{"GET " + app: application, "PATCH " + app: application}, "PATCH " + app + ` "v1" {"suspended":true}`, "", "is suspended"},
		{[]string{"app", "resume", one}, map[string]string{"GET " + app: application, "PATCH " + app: application}, "PATCH " + app + ` "v1" {"suspended":false}`, "", "works again"},
		{[]string{"app", "delete", one, "--confirm", one}, map[string]string{"GET " + app: application, "DELETE " + app: "{}"}, "DELETE " + app + ` "v1"`, "", "is deleted"},
		{[]string{"key", "create", "--app", one}, map[string]string{"POST " + app + "/keys": `{"id":"k1","kind":"client","secret":"hush"}`}, "POST " + app + `/keys {"kind":"client"}`, "hush\n", "not shown again"},
		{[]string{"key", "create", "--app", one, "--kind", "admin", "--key", key}, map[string]string{"POST " + app + "/keys": `{"id":"k1","kind":"admin"}`}, "POST " + app + `/keys {"kind":"admin","text":"-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"}`, "", "verifies admin tokens"},
		{[]string{"key", "rotate", "k0", "--overlap", "1h"}, map[string]string{"GET " + account + "/apps": `{"items":[` + application + `]}`, "GET " + app + "/keys": `{"items":[{"id":"k0","kind":"admin"}]}`, "POST " + app + "/keys": `{"id":"k1","kind":"admin","secret":"hush"}`}, "POST " + app + `/keys {"kind":"admin","replaces":"k0","overlapSeconds":3600}`, "hush\n", "Key k0 is good until"},
		{[]string{"key", "revoke", "k1", "--app", one}, map[string]string{"DELETE " + app + "/keys/k1": "{}"}, "DELETE " + app + "/keys/k1", "", "is revoked"},
		{[]string{"plan", "set", "team", "--app", one}, map[string]string{"GET " + app: application, "PUT " + app + "/plan": application}, "PUT " + app + `/plan "v1" {"plan":"team"}`, "", "the plan team now"},
		{[]string{"plan", "show", "--app", one}, map[string]string{"GET " + app: application, "GET /v1/plans": `[{"name":"team","messageBytes":9,"retentionSeconds":2592000}]`}, "GET /v1/plans", "kept for 30d", ""},
		{[]string{"ledger", "--after", "3"}, map[string]string{"GET /v1/ledger": `{"items":[{"seq":4,"kind":"download","stage":"completed","who":"0123456789abcdef"}]}`}, "GET /v1/ledger?after=3", "0123456789ab…", ""},
	} {
		t.Run(strings.Join(c.line, " "), func(t *testing.T) {
			d, status, out, said := manage(t, c.answers, c.line...)
			if status != 0 || !strings.Contains(out, c.out) || !strings.Contains(said, c.err) {
				t.Errorf("exit status %d\n%s\n%s", status, out, said)
			}
			if last := d.asked[len(d.asked)-1]; last != c.want {
				t.Errorf("asked\n%s, want\n%s", last, c.want)
			}
			if strings.HasPrefix(c.want, "POST") != (len(d.once) == 1) {
				t.Errorf("idempotency keys: %v", d.once)
			}
			for _, token := range d.tokens {
				if token != "Bearer tacet_t_mine" {
					t.Errorf("shown %q", token)
				}
			}
		})
	}
}

func TestAnAccessTokenIsShownOnce(t *testing.T) {
	const where = "POST /v1/accounts/" + acc + "/tokens"
	d, status, out, said := manage(t, map[string]string{where: `{"id":"t1","secret":"tacet_t_new"}`}, "account", "token", "create", "CI", "--scope", "apps:read", "--expires", "1h")
	if status != 0 || out != "tacet_t_new\n" || !strings.Contains(said, "not shown again") || strings.Contains(said, "tacet_t_new") {
		t.Errorf("exit status %d: %s %s", status, out, said)
	}
	var body struct {
		Name    string
		Scope   []string
		Expires time.Time
	}
	_, text, _ := strings.Cut(d.asked[len(d.asked)-1], "/tokens ")
	if json.Unmarshal([]byte(text), &body) != nil || body.Name != "CI" || len(body.Scope) != 1 || time.Until(body.Expires) > time.Hour {
		t.Errorf("asked %s", text)
	}
	// The server makes one token for one key, and shows it once: then the answer was lost.
	_, status, out, said = manage(t, map[string]string{where: "503 {}\n" + `{"id":"t1"}`}, "account", "token", "create", "CI")
	if status != 1 || out != "" || !strings.Contains(said, "revoke t1") {
		t.Errorf("exit status %d: %s %s", status, out, said)
	}
}

func TestWhoIsAskedWhatForIsSaidByWhoTypes(t *testing.T) {
	for want, c := range map[string]struct {
		status  int
		line    []string
		answers map[string]string
		env     []string
	}{
		"several accounts: choose one with --account, or set TACET_ACCOUNT:\n  x1  Ada\n": {2, []string{"account", "show"}, map[string]string{"GET /v1/accounts": `{"items":[{"account":{"id":"x1","profile":{"fullName":"Ada"}}},{"account":{"id":"x2"}}]}`}, nil},
		"you are a member of no account: make one with tacet account create":              {1, []string{"account", "show"}, map[string]string{"GET /v1/accounts": `{"items":[]}`}, nil},
		"you need apps:create (403)":                              {1, []string{"app", "create", "x"}, map[string]string{"POST /v1/accounts/" + acc + "/apps": `403 {"detail":"you need apps:create (403)"}`}, nil},
		"somebody else has changed this meanwhile":                {1, []string{"account", "update", "--name", "x"}, map[string]string{"GET /v1/accounts/" + acc: "{}", "PATCH /v1/accounts/" + acc: `412 {}`}, nil},
		"nothing is deleted: say --confirm " + one:                {1, []string{"app", "delete", one}, map[string]string{"GET /v1/accounts/" + acc + "/apps/" + one: `{"id":"` + one + `"}`}, nil},
		"--confirm says something else than " + one:               {2, []string{"app", "delete", one, "--confirm", "x"}, map[string]string{"GET /v1/accounts/" + acc + "/apps/" + one: `{"id":"` + one + `"}`}, nil},
		"say what to change":                                      {2, []string{"account", "update"}, nil, nil},
		"--url must look like https://HOST":                       {2, []string{"account", "list"}, nil, []string{"TACET_URL=https://host/path?x=hush"}},
		"a token of an application":                               {2, []string{"account", "list"}, nil, []string{"TACET_TOKEN=eyJhush"}},
		"a token needs the address":                               {2, []string{"account", "list"}, nil, []string{"TACET_URL="}},
		"you have not signed in at":                               {1, []string{"account", "list"}, nil, []string{"TACET_TOKEN="}},
		"say the token's id":                                      {2, []string{"account", "token", "revoke", "tacet_t_hush"}, nil, nil},
		"application " + one + " has no key k9: tacet key list":   {1, []string{"key", "rotate", "k9", "--app", one}, map[string]string{"GET /v1/accounts/" + acc + "/apps/" + one + "/keys": `{"items":[]}`}, nil},
		"there is no application yet: tacet app create NAME":      {1, []string{"key", "list"}, map[string]string{"GET /v1/accounts/" + acc + "/apps": `{"items":[]}`}, nil},
		"this is a private key, which only whoever signs":         {2, []string{"key", "create", "--key", "private"}, nil, nil},
		"nobody answers at 127.0.0.1:1":                           {1, []string{"account", "list"}, nil, []string{"TACET_URL=http://127.0.0.1:1"}},
		"is this the API of a Tacet?":                             {1, []string{"account", "list"}, map[string]string{"GET /v1/accounts": "<html>"}, nil},
		"is there already: it is not overwritten":                 {1, []string{"account", "export", "private"}, nil, nil},
		"say where: --url https://HOST, or the one-time link":     {2, []string{"account", "sign-in"}, nil, []string{"TACET_URL="}},
		"this is no one-time link":                                {2, []string{"account", "sign-in", "https://host/console/#x=hush"}, nil, nil},
		"nothing is deleted: say --confirm 'delete x abcdef'":     {1, []string{"account", "delete"}, map[string]string{"POST /v1/accounts/" + acc + "/deletion": `{"phrase":"delete x abcdef"}`}, nil},
		"there are several applications: choose one with --app, ": {2, []string{"plan", "show"}, map[string]string{"GET /v1/accounts/" + acc + "/apps": `{"items":[{"id":"1"},{"id":"2"}]}`}, nil},
	} {
		t.Run(want, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("private", []byte("-----BEGIN PRIVATE KEY-----"), 0o600); err != nil {
				t.Fatal(err)
			}
			run := func() (int, string, string) {
				_, status, out, said := manage(t, c.answers, c.line...)
				return status, out, said
			}
			if len(c.env) > 0 {
				run = func() (int, string, string) {
					t.Setenv("XDG_DATA_HOME", t.TempDir())
					t.Setenv("TACET_URL", "http://127.0.0.1:1")
					t.Setenv("TACET_TOKEN", "tacet_t_mine")
					for _, pair := range c.env {
						name, value, _ := strings.Cut(pair, "=")
						t.Setenv(name, value)
						if value == "" {
							os.Unsetenv(name)
						}
					}
					var stdout, stderr bytes.Buffer
					status := command.Main(append([]string{"tacet"}, c.line...), strings.NewReader(""), &stdout, &stderr)
					return status, stdout.String(), stderr.String()
				}
			}
			status, out, said := run()
			if status != c.status || out != "" || !strings.Contains(said, want) || strings.Contains(said, "hush") {
				t.Errorf("exit status %d\n%s\n%s", status, out, said)
			}
		})
	}
}
