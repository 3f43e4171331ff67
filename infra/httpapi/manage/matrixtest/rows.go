package matrixtest

import "regexp"

// trial is what one caller tries: with ids in the path, and a token and a body
// in the place of his own and of the document's example, if they are not "".
type trial struct {
	place       place
	token, body string
}

// row is what a route is tried with.
type row struct {
	name string
	// prepare returns what a caller tries; it may make things first.
	prepare func(w *world, caller string) trial
	body    string // if the trial has none; "" is the document's example
	// twin is the row whose answer must be the same; "" for none.
	twin string
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

// rowsOf returns what an operation is tried with.
func rowsOf(o operation) []row {
	own := row{name: "own", prepare: at(func(w *world) place { return w.here }), body: bodies[o.id]}
	if prepare := prepared[o.id]; prepare != nil {
		own.prepare = prepare
	}
	names := inPath.FindAllStringSubmatch(o.path, -1)
	if len(names) == 0 {
		own.name = "-"
	}
	rows := append([]row{own}, special[o.id]...)
	for _, match := range names {
		name := match[1]
		foreign := row{name: "foreign " + name, body: bodies[o.id], prepare: at(func(w *world) place {
			if name == "account" {
				return w.there
			}
			return w.here.with(name, w.there[name])
		})}
		absent := row{name: "absent " + name, body: bodies[o.id], twin: foreign.name, prepare: at(func(w *world) place {
			return w.here.with(name, w.absent[name])
		})}
		rows = append(rows, foreign, absent)
	}
	return rows
}

// at is for what every caller tries in the same place.
func at(where func(w *world) place) func(*world, string) trial {
	return func(w *world, _ string) trial { return trial{place: where(w)} }
}

// queries are those of answers that would never end.
var queries = map[string]string{"live": "?events=1"}

// bodies are those that work, where the document's example names what there is
// not, or asks for more than the operation's permission allows.
var bodies = map[string]string{
	"create-app":    `{"name":"one"}`,
	"create-key":    `{"kind":"client"}`,
	"update-member": `{"role":"viewer"}`,
}

// prepared makes what an operation needs fresh for each caller, because it takes
// it away.
var prepared = map[string]func(w *world, caller string) trial{
	"sign-out": func(w *world, caller string) trial {
		if caller == "nobody" || caller == "token" {
			return trial{}
		}
		return trial{token: w.session(caller)}
	},
	"accept-invitation": func(w *world, caller string) trial {
		host, who := fresh("host"), caller
		if caller == "token" {
			who = "owner"
		}
		return trial{place: place{"invitation": w.make(host, w.account(host), "/invitations", `{"email":"`+w.email(who)+`","role":"viewer"}`)}}
	},
	"remove-member": guest("viewer"),
	"withdraw-invitation": at(func(w *world) place {
		return w.here.with("invitation", w.make("owner", w.here, "/invitations", `{"email":"`+w.email(fresh("invited"))+`","role":"viewer"}`))
	}),
	"delete-app": freshApp,
	"create-key": freshApp,
	"revoke-key": func(w *world, caller string) trial {
		p := freshApp(w, caller).place
		return trial{place: p.with("key", w.make("owner", p, "/apps/{app}/keys", `{"kind":"client"}`))}
	},
	"revoke-token": func(w *world, caller string) trial {
		return trial{place: w.here.with("token", w.make(w.member(caller), w.here, "/tokens", `{"name":"fresh"}`))}
	},
	"get-export": func(w *world, caller string) trial {
		return trial{place: w.here.with("request", w.export(w.here, w.member(caller)))}
	},
}

func freshApp(w *world, _ string) trial {
	return trial{place: w.here.with("app", w.make("owner", w.here, "/apps", `{"name":"fresh"}`))}
}

// guest is for what is tried with a member who has just come.
func guest(role string) func(*world, string) trial {
	return at(func(w *world) place {
		return w.here.with("member", w.join(w.here["account"], "owner", fresh("guest"), role))
	})
}

// special is what operations are tried with besides, because more than the role
// decides.
var special = map[string][]row{
	"create-app":    {{name: "with a plan", body: `{"name":"one","plan":"team"}`, prepare: at(func(w *world) place { return w.here })}},
	"update-member": {{name: "to owner", body: `{"role":"owner"}`, prepare: guest("viewer")}},
	"remove-member": {{name: "oneself", prepare: leaving}, {name: "an owner", prepare: guest("owner")}, {name: "the last owner", prepare: lastOwner}},
	"update-app": {
		{name: "suspend", body: `{"suspended":true}`, prepare: freshApp},
		{name: "all at once", body: `{"name":"x","suspended":true}`, prepare: freshApp},
	},
	"revoke-token": {{name: "of another member", prepare: func(w *world, caller string) trial {
		return trial{place: w.here.with("token", w.make(other(caller), w.here, "/tokens", `{"name":"fresh"}`))}
	}}},
	"create-export": {{name: "of the account", body: `{"scope":"account"}`, prepare: at(func(w *world) place { return w.here })}},
	"get-export": {{name: "of another member", prepare: func(w *world, caller string) trial {
		return trial{place: w.here.with("request", w.export(w.here, other(caller)))}
	}}},
	"delete-account": {{name: "with the phrase", prepare: deleting}},
}

// other returns a member who is not the caller.
func other(caller string) string {
	if caller == "owner" || caller == "token" {
		return "admin"
	}
	return "owner"
}

// leaving is a member with the caller's role who is about to leave.
func leaving(w *world, caller string) trial {
	name, role := fresh("leaver"), caller
	if !isMember(caller) {
		role = "viewer"
	}
	t := trial{place: w.here.with("member", w.join(w.here["account"], "owner", name, role))}
	if isMember(caller) {
		t.token = w.token(name)
	}
	return t
}

// lastOwner is the only owner of an account, for an owner; for others, theirs.
func lastOwner(w *world, caller string) trial {
	if caller != "owner" {
		return trial{place: w.here.with("member", w.myself("owner", w.here["account"]))}
	}
	host := fresh("host")
	p := w.account(host)
	return trial{place: p.with("member", w.myself(host, p["account"])), token: w.token(host)}
}

// deleting is an account of its own, which the caller is a member of, and the
// phrase that deletes it.
func deleting(w *world, caller string) trial {
	host, name := fresh("host"), fresh("member")
	p := w.account(host)
	t := trial{place: p, body: `{"phrase":"` + w.must(w.t, "phrase", request{method: "POST", path: fill("/v1/accounts/{account}/deletion", p), token: w.token(host)}) + `"}`}
	switch {
	case caller == "owner":
		t.token = w.token(host)
	case isMember(caller):
		w.join(p["account"], host, name, caller)
		t.token = w.token(name)
	case caller == "token":
		t.token = w.must(w.t, "secret", request{method: "POST", path: fill("/v1/accounts/{account}/tokens", p), token: w.token(host), body: `{"name":"all"}`})
	}
	return t
}
