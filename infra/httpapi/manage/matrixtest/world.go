package matrixtest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"tacet/core/account"
)

// callers are everybody there can be, in the order of the table's columns: a
// member of each role; stranger, who owns another account; operator, who runs the
// deployment and is a member of none; nobody, who shows no token; and token, an
// access token of the owner that may only see the account.
var callers = []string{"owner", "admin", "developer", "billing", "viewer", "stranger", "operator", "nobody", "token"}

const scope = account.ReadAccount // of the caller token

// place is the ids of an account and of what is in it, by the names of
// parameters.
type place map[string]string

func (p place) with(name, id string) place {
	p = maps.Clone(p)
	p[name] = id
	return p
}

// world is what the matrix is tried with: two accounts, of which one is here.
type world struct {
	Host
	t      testing.TB
	run    string            // makes people of this run different from others
	tokens map[string]string // by caller
	here   place
	there  place
	absent place
}

func newWorld(t testing.TB, h Host) *world {
	t.Helper()
	w := &world{Host: h, t: t, run: id()[:8], tokens: map[string]string{}, absent: place{}}
	for _, name := range callers[:7] {
		w.tokens[name] = w.session(name)
	}
	w.here = w.account("owner")
	for _, role := range account.Roles[1:] {
		w.join(w.here["account"], "owner", string(role), string(role))
	}
	w.furnish(w.here, "owner")
	w.account("stranger")
	w.there = w.account("foreigner")
	w.furnish(w.there, "foreigner")
	w.tokens["token"] = w.must(t, "secret", request{
		method: "POST", path: "/v1/accounts/" + w.here["account"] + "/tokens", token: w.tokens["owner"], body: `{"name":"small","scope":["` + string(scope) + `"]}`,
	})
	for name, of := range w.here {
		w.absent[name] = id()[:len(of)]
	}
	return w
}

// fresh returns a name that nobody has.
func fresh(kind string) string { return kind + id()[:8] }

func id() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

func (w *world) email(name string) string { return name + "-" + w.run + "@matrix.example.org" }

func (w *world) session(name string) string {
	return w.Session(w.t, account.Identity{Issuer: "https://matrix.example.org", Subject: name + "-" + w.run, Email: w.email(name), Operator: name == "operator"})
}

// token returns what a caller shows; somebody who is none has a session made.
func (w *world) token(name string) string {
	if _, ok := w.tokens[name]; !ok && name != "nobody" {
		w.tokens[name] = w.session(name)
	}
	return w.tokens[name]
}

// account makes an account.
func (w *world) account(owner string) place {
	return place{"account": w.must(w.t, "id", request{method: "POST", path: "/v1/accounts", body: "{}", token: w.token(owner)})}
}

// make makes something in the account, and returns its id.
func (w *world) make(by string, in place, path, body string) string {
	return w.must(w.t, "id", request{method: "POST", path: fill("/v1/accounts/{account}"+path, in), body: body, token: w.token(by)})
}

// join makes somebody a member, and returns its id.
func (w *world) join(of, by, name, role string) string {
	invitation := w.make(by, place{"account": of}, "/invitations", `{"email":"`+w.email(name)+`","role":"`+role+`"}`)
	return w.must(w.t, "member", request{method: "POST", path: "/v1/invitations/" + invitation + "/accept", token: w.token(name)})
}

// furnish makes one of each thing that there can be in an account.
func (w *world) furnish(p place, by string) {
	p["member"] = w.join(p["account"], by, fresh("guest"), "viewer")
	p["invitation"] = w.make(by, p, "/invitations", `{"email":"`+w.email(fresh("invited"))+`","role":"viewer"}`)
	p["app"] = w.make(by, p, "/apps", `{"name":"one"}`)
	p["key"] = w.make(by, p, "/apps/{app}/keys", `{"kind":"client"}`)
	p["token"] = w.make(by, p, "/tokens", `{"name":"one"}`)
	p["request"] = w.export(p, by)
}

// export asks for a download of what is held about somebody.
func (w *world) export(of place, by string) string {
	return w.must(w.t, "request", request{method: "POST", path: fill("/v1/accounts/{account}/exports", of), body: `{"scope":"self"}`, token: w.token(by)})
}

// myself returns the id that somebody has in an account.
func (w *world) myself(name, in string) string {
	var list struct {
		Items []struct {
			Member  string
			Account struct{ ID string }
		}
	}
	a := w.do(w.t, request{method: "GET", path: "/v1/accounts?limit=100", token: w.token(name)})
	if err := json.Unmarshal([]byte(a.body), &list); err != nil {
		w.t.Fatalf("%v in %s", err, a.body)
	}
	for _, m := range list.Items {
		if m.Account.ID == in {
			return m.Member
		}
	}
	w.t.Fatalf("%s is no member of %s", name, in)
	return ""
}

// member returns the caller if it is a member, else the owner.
func (w *world) member(caller string) string {
	if isMember(caller) {
		return caller
	}
	return "owner"
}

func isMember(caller string) bool { return slices.Contains(callers[:5], caller) }

// fill puts ids into a path.
func fill(path string, p place) string {
	for name, id := range p {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	return path
}
