package matrixtest

import (
	"maps"
	"regexp"
	"slices"
)

// row is what a route is tried with.
type row struct {
	name string
	// ids are those that go into the path, for a caller; it may make things
	// first. token is shown in the place of the caller's own, if it is not "".
	ids  func(w *world, caller string) (p place, token string)
	body string // "" is the document's example
	// twin is the row whose answer must be the same; "" for none.
	twin string
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

// rowsOf returns what an operation is tried with.
func rowsOf(o operation) []row {
	var rows []row
	own := row{name: "own", ids: func(w *world, caller string) (place, string) { return w.here, "" }, body: bodies[o.id]}
	if prepare := prepared[o.id]; prepare != nil {
		own.ids = prepare
	}
	names := inPath.FindAllStringSubmatch(o.path, -1)
	if len(names) == 0 {
		own.name = "-"
	}
	rows = append(append(rows, own), special[o.id]...)
	for _, name := range names {
		name := name[1]
		foreign := row{name: "foreign " + name, body: bodies[o.id], ids: func(w *world, _ string) (place, string) {
			if name == "account" {
				return w.there, ""
			}
			return w.here.with(name, w.there[name]), ""
		}}
		absent := row{name: "absent " + name, body: bodies[o.id], twin: foreign.name, ids: func(w *world, _ string) (place, string) {
			return w.here.with(name, w.absent[name]), ""
		}}
		rows = append(rows, foreign, absent)
	}
	return rows
}

// bodies are those that work, where the document's example names what there is
// not.
var bodies = map[string]string{
	"create-key":    `{"kind":"client"}`,
	"update-member": `{"role":"viewer"}`,
}

// prepared makes what an operation needs fresh for each caller, because it takes
// it away.
var prepared = map[string]func(w *world, caller string) (place, string){
	"sign-out": func(w *world, caller string) (place, string) {
		if slices.Contains(callers[:6], caller) {
			return w.here, w.session(caller)
		}
		return w.here, ""
	},
	"create-account": func(w *world, caller string) (place, string) { return w.here, "" },
	"accept-invitation": func(w *world, caller string) (place, string) {
		host, who := "host"+id()[:8], caller
		if caller == "token" {
			who = "owner"
		}
		in := w.account(host)
		return w.here.with("invitation", w.make(host, in, "/invitations", `{"email":"`+w.email(who)+`","role":"viewer"}`)), ""
	},
	"remove-member": func(w *world, _ string) (place, string) {
		return w.here.with("member", w.join(w.here["account"], "owner", "guest"+id()[:8], "viewer")), ""
	},
	"withdraw-invitation": func(w *world, _ string) (place, string) {
		return w.here.with("invitation", w.make("owner", w.here, "/invitations", `{"email":"`+w.email("invited"+id()[:8])+`","role":"viewer"}`)), ""
	},
	"delete-app": freshApp,
	"create-key": freshApp,
	"revoke-key": func(w *world, caller string) (place, string) {
		p, _ := freshApp(w, caller)
		return p.with("key", w.make("owner", p, "/apps/{app}/keys", `{"kind":"client"}`)), ""
	},
	"revoke-token": func(w *world, caller string) (place, string) {
		if _, member := roles()[caller]; !member {
			caller = "owner"
		}
		return w.here.with("token", w.make(caller, w.here, "/tokens", `{"name":"fresh"}`)), ""
	},
}

func freshApp(w *world, _ string) (place, string) {
	return w.here.with("app", w.make("owner", w.here, "/apps", `{"name":"fresh"}`)), ""
}

// roles are the callers that are members.
func roles() map[string]bool {
	members := map[string]bool{}
	for _, name := range callers[:5] {
		members[name] = true
	}
	return maps.Clone(members)
}

// special is what operations are tried with besides, because more than the role
// decides.
var special = map[string][]row{
	"update-member": {{name: "to owner", body: `{"role":"owner"}`, ids: func(w *world, _ string) (place, string) {
		return w.here.with("member", w.join(w.here["account"], "owner", "guest"+id()[:8], "viewer")), ""
	}}},
	"remove-member": {{name: "oneself", ids: leaving}, {name: "an owner", ids: func(w *world, _ string) (place, string) {
		return w.here.with("member", w.join(w.here["account"], "owner", "guest"+id()[:8], "owner")), ""
	}}},
	"update-app":   {{name: "suspend", body: `{"suspended":true}`, ids: freshApp}, {name: "all at once", body: `{"name":"x","suspended":true}`, ids: freshApp}},
	"revoke-token": {{name: "of another member", ids: func(w *world, _ string) (place, string) { return w.here, "" }}},
}

// leaving returns a member with the caller's role who is about to leave. An
// owner is the last of his account.
func leaving(w *world, caller string) (place, string) {
	if caller == "owner" {
		host := "host" + id()[:8]
		p := w.account(host)
		return p.with("member", w.join(p["account"], host, "guest"+id()[:8], "viewer")), ""
	}
	if !roles()[caller] {
		return w.here, ""
	}
	name := "leaver" + id()[:8]
	member := w.join(w.here["account"], "owner", name, caller)
	return w.here.with("member", member), w.token(name)
}
