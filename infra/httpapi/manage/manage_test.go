package manage_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/pubsub"
	"tacet/infra/httpapi"
	"tacet/infra/httpapi/manage"
)

// signIn returns the token of a session.
func (r *rig) signIn(name string) string {
	r.t.Helper()
	return r.session(account.Identity{Issuer: "https://login.example.org", Subject: name, Email: name + "@example.org"})
}

func (r *rig) session(who account.Identity) string {
	r.t.Helper()
	token, _, err := r.service.SignIn(context.Background(), who)
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

var operator = account.Identity{Issuer: "tacet:local", Subject: "operator", Operator: true}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// account makes an account, and returns its path.
func (r *rig) account(token, body string) string {
	r.t.Helper()
	return r.want(201, "", "POST", "/v1/accounts", body, bearer(token)...).Header().Get("Location")
}

func TestAnAccountIsMadeReadAndChanged(t *testing.T) {
	r := newRig(t)
	ada := r.signIn("ada")
	with := func(more ...string) []string { return append(bearer(ada), more...) }
	at := r.account(ada, `{"profile":{"fullName":"Ada","email":"ada@example.org"}}`)
	first := r.want(200, `"profile":{"fullName":"Ada","email":"ada@example.org"}`, "GET", at, "", with()...).Header().Get("ETag")

	r.want(304, "", "GET", at, "", with("If-None-Match", first)...)
	r.want(304, "", "GET", at, "", with("If-None-Match", `"x", W/`+first)...)
	r.want(200, "", "GET", at, "", with("If-None-Match", `"x"`)...)

	const change = `{"profile":{"fullName":"Ada King","email":null}}`
	r.want(428, `"code":4109`, "PATCH", at, change, with()...)
	r.want(412, `"code":4108`, "PATCH", at, change, with("If-Match", `"x"`)...)
	r.want(400, "If-Match must be", "PATCH", at, change, with("If-Match", "x")...)
	second := r.want(200, `"profile":{"fullName":"Ada King"}`, "PATCH", at, change, with("If-Match", first)...).Header().Get("ETag")
	if second == first || second == "" {
		t.Errorf("the version was %s and is %s", first, second)
	}
	r.want(412, "", "PATCH", at, change, with("If-Match", first)...)
	r.want(200, `"profile":{"fullName":"Ada King","ageRange":"35-49"}`, "PATCH", at, `{"profile":{"ageRange":"35-49"}}`, with("If-Match", "*", "Content-Type", "application/merge-patch+json")...)
	r.want(200, `"role":"owner"`, "GET", "/v1/accounts", "", with()...)
	r.want(200, `"person":{"issuer":"https://login.example.org","email":"ada@example.org","operator":false}`, "GET", "/v1/me", "", with()...)

	r.want(200, `{}`, "GET", at+"/payment", "", with()...)
	paid := r.want(200, `"lastFour":"4242"`, "PUT", at+"/payment", `{"brand":"visa","lastFour":"4242"}`, with("If-Match", "*")...).Header().Get("ETag")
	r.want(304, "", "GET", at+"/payment", "", with("If-None-Match", paid)...)
	r.want(412, "", "PUT", at+"/payment", `{}`, with("If-Match", `"x"`)...)
	r.want(200, `{}`, "PUT", at+"/payment", `{}`, with("If-Match", paid)...)
	r.want(200, `"what":"payment:update"`, "GET", at+"/activity", "", with()...)
	r.want(200, `"address":"ipcrypt/1/`, "GET", at+"/activity", "", with()...) // how it was made anonymous, too
}

func TestTheLastOwnerStaysWhateverVersionIsSaid(t *testing.T) {
	r := newRig(t)
	ada := r.signIn("ada")
	at := r.account(ada, `{}`)
	var members struct{ Items []manage.Member }
	if err := json.Unmarshal(r.want(200, "", "GET", at+"/members", "", bearer(ada)...).Body.Bytes(), &members); err != nil {
		t.Fatal(err)
	}
	me := at + "/members/" + string(members.Items[0].ID)
	r.want(409, `"code":4106`, "DELETE", me, "", append(bearer(ada), "If-Match", "*")...)
	r.want(409, `"code":4106`, "PATCH", me, `{"role":"admin"}`, append(bearer(ada), "If-Match", "*")...)
	r.want(412, `"code":4108`, "PATCH", me, `{"role":"owner"}`, append(bearer(ada), "If-Match", `"x"`)...)
}

func TestMakingIsRepeatedWithoutHarm(t *testing.T) {
	r := newRig(t)
	ada := r.signIn("ada")
	with := func(key string) []string { return append(bearer(ada), "Idempotency-Key", key) }
	first := r.want(201, "", "POST", "/v1/accounts", `{}`, with("one")...).Header().Get("Location")
	if again := r.want(201, "", "POST", "/v1/accounts", `{}`, with("one")...).Header().Get("Location"); again != first {
		t.Errorf("made %s, and then %s", first, again)
	}
	r.want(409, `"code":4110`, "POST", "/v1/accounts", `{"profile":{"fullName":"Ada"}}`, with("one")...)
	if other := r.want(201, "", "POST", "/v1/accounts", `{}`, with("two")...).Header().Get("Location"); other == first {
		t.Error("another key made the same")
	}
	for _, key := range []string{"", " ", "ä", strings.Repeat("x", 256)} {
		r.want(400, "Idempotency-Key", "POST", "/v1/accounts", `{}`, with(key)...)
	}
	token := r.want(201, `"secret":"tacet_t_`, "POST", first+"/tokens", `{"name":"ci"}`, with("three")...)
	var made manage.MadeToken
	if err := json.Unmarshal(token.Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	if again := r.want(201, made.ID, "POST", first+"/tokens", `{"name":"ci"}`, with("three")...); strings.Contains(again.Body.String(), "secret") {
		t.Error("the token was shown twice")
	}
}

func TestListsComeInPages(t *testing.T) {
	r := newRig(t)
	ada := r.signIn("ada")
	for range 3 {
		r.account(ada, `{}`)
	}
	var page struct {
		Items []manage.Membership
		Next  string
	}
	seen, query := map[account.ID]bool{}, ""
	for n := 0; ; n++ {
		if n > 3 {
			t.Fatal("the list does not end")
		}
		page.Next = ""
		if err := json.Unmarshal(r.want(200, "", "GET", "/v1/accounts?limit=1"+query, "", bearer(ada)...).Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			seen[m.Account.ID] = true
		}
		if query = "&cursor=" + page.Next; page.Next == "" {
			break
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d accounts of 3", len(seen))
	}
}

func TestWhatIsMisspeltIsRefused(t *testing.T) {
	r := newRig(t)
	ada := r.signIn("ada")
	at := r.account(ada, `{}`)
	for _, c := range []struct {
		status             int
		part               string
		method, path, body string
	}{
		{400, `\"cursr\" is not known here; there are limit, cursor`, "GET", "/v1/accounts?cursr=x", ""},
		{400, `there are none`, "GET", "/v1/me?x", ""},
		{400, `limit is malformed`, "GET", "/v1/accounts?limit=0", ""},
		{400, `limit is malformed`, "GET", "/v1/accounts?limit=101", ""},
		{400, `limit is malformed`, "GET", "/v1/accounts?limit=1&limit=2", ""},
		{400, `the query is malformed`, "GET", "/v1/accounts?limit=%zz", ""},
		{400, `cursor`, "GET", "/v1/accounts?cursor=zz", ""},
		{400, `the id of the account is malformed`, "GET", "/v1/accounts/x", ""},
		{400, `the id of the member is malformed`, "GET", at + "/members/X" + strings.Repeat("0", 31), ""},
		{400, `\"profile.fullname\" is not known here`, "POST", "/v1/accounts", `{"profile":{"fullname":"x"}}`},
		{400, `role must be one of`, "POST", at + "/invitations", `{"email":"a@example.org","role":"boss"}`},
		{413, `larger than 65536 bytes`, "POST", "/v1/accounts", `{"profile":{"fullName":"` + strings.Repeat("x", 65536) + `"}}`},
		{404, `there is no such address`, "GET", at + "/nothing", ""},
		{405, `does not take this method`, "PUT", at, `{}`},
	} {
		r.want(c.status, c.part, c.method, c.path, c.body, bearer(ada)...)
	}
	r.want(415, "must be JSON", "POST", "/v1/accounts", `{}`, append(bearer(ada), "Content-Type", "text/plain")...)
	r.want(415, "must be JSON", "POST", "/v1/accounts", `{}`, append(bearer(ada), "Content-Type", "application/merge-patch+json")...)
}

func TestSessionsLiveInACookieThatOtherSitesCannotUse(t *testing.T) {
	link := func(_ context.Context, secret string) (account.Identity, error) {
		if secret != "good" {
			return account.Identity{}, &fault.Error{Kind: fault.Unauthenticated, Text: "no"}
		}
		return operator, nil
	}
	for _, c := range []struct {
		loopback   bool
		name, want string
	}{
		{false, "__Host-tacet", "; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict"},
		{true, "tacet", "; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"},
	} {
		r := newRig(t, func(a *manage.API) { a.Link, a.Loopback = link, c.loopback })
		r.want(401, "", "POST", "/v1/sessions", `{"link":"bad"}`)
		r.want(201, `"token":"tacet_s_`, "POST", "/v1/sessions", `{"link":"good"}`)
		for _, from := range []string{"same-site", "cross-site"} { // another page would sign people in as whom it likes
			if w := r.want(403, "", "POST", "/v1/sessions", `{"link":"good","cookie":true}`, "Sec-Fetch-Site", from); w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s: got a cookie", from)
			}
		}
		w := r.want(201, `{"expires":"`, "POST", "/v1/sessions", `{"link":"good","cookie":true}`, "Sec-Fetch-Site", "same-origin")
		cookie, attributes, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
		if !strings.HasPrefix(cookie, c.name+"=tacet_s_") || ";"+attributes != c.want {
			t.Errorf("the cookie is %s", w.Header().Get("Set-Cookie"))
		}
		with := func(more ...string) []string { return append([]string{"Cookie", cookie}, more...) }
		r.want(200, `"operator":true`, "GET", "/v1/me", "", with()...)
		r.want(403, `"code":4207`, "POST", "/v1/accounts", `{}`, with()...)
		r.want(403, `"code":4207`, "POST", "/v1/accounts", `{}`, with("Sec-Fetch-Site", "same-site")...)
		r.want(403, `"code":4207`, "POST", "/v1/accounts", `{}`, with("Sec-Fetch-Site", "cross-site")...)
		r.want(201, "", "POST", "/v1/accounts", `{}`, with("Sec-Fetch-Site", "same-origin")...)
		r.want(201, "", "POST", "/v1/accounts", `{}`, with("X-Tacet", "1")...)

		gone := r.want(204, "", "DELETE", "/v1/sessions/current", "", with("X-Tacet", "1")...).Header().Get("Set-Cookie")
		if !strings.HasPrefix(gone, c.name+"=; ") || !strings.Contains(gone, "Max-Age=0") {
			t.Errorf("the cookie is taken back with %s", gone)
		}
		r.want(401, "", "GET", "/v1/me", "", with()...)
	}
}

func TestNobodyGetsInWithoutAGoodToken(t *testing.T) {
	r := newRig(t)
	for _, header := range [][]string{nil, bearer("x"), bearer("tacet_s_x"), bearer("tacet_t_x"), {"Authorization", "Basic eDp5"}, {"Cookie", "__Host-tacet=x"}, {"Cookie", "tacet=" + r.signIn("ada")}} {
		w := r.want(401, `"code":4200`, "GET", "/v1/me", "", header...)
		if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), `Bearer realm="tacet"`) {
			t.Errorf("%v: no challenge", header)
		}
	}
	ada := r.signIn("ada")
	r.want(200, "", "GET", "/v1/me", "", bearer(ada)...)
	r.sleep(12*time.Hour + time.Second)
	r.want(401, "", "GET", "/v1/me", "", bearer(ada)...)
}

func TestOnlyWhoRunsTheDeploymentMakesLinks(t *testing.T) {
	r := newRig(t, func(a *manage.API) {
		a.NewLink = func() (string, time.Time) { return "http://here/#sign-in=x", time.Time{} }
	})
	r.want(403, "", "POST", "/v1/links", "", bearer(r.signIn("ada"))...)
	r.want(201, "#sign-in=x", "POST", "/v1/links", "", bearer(r.session(operator))...)
	r.api.NewLink = nil
	r.handler = r.api.Handler()
	r.want(404, "", "POST", "/v1/links", "", bearer(r.session(operator))...)
}

func TestTheLogHoldsIDsOnly(t *testing.T) {
	r := newRig(t)
	ada := r.signIn("MARKER")
	at := r.account(ada, `{"profile":{"fullName":"MARKER","email":"marker@example.org"}}`)
	r.want(200, "", "GET", at+"/members?limit=1", "", bearer(ada)...)
	r.want(400, "", "GET", at+"?MARKER=MARKER", "", bearer(ada)...)
	r.want(400, "", "POST", at+"/invitations", `{"MARKER":1}`, append(bearer(ada), "Idempotency-Key", "MARKER", "User-Agent", "MARKER")...)
	log := r.log.String()
	for _, part := range []string{"MARKER", "marker@", ada, "192.0.2.1"} {
		if strings.Contains(log, part) {
			t.Errorf("the log holds %s: %s", part, log)
		}
	}
	for _, part := range []string{`"account":"` + strings.TrimPrefix(at, "/v1/accounts/"), `"route":"GET /v1/accounts/{account}/members"`, `"member":"`} {
		if !strings.Contains(log, part) {
			t.Errorf("the log has no %s: %s", part, log)
		}
	}
}

func TestTheDataPlaneIsServedApartOrTogether(t *testing.T) {
	apart := newRig(t)
	apart.want(404, "", "GET", "/healthz", "")
	together := newRig(t, func(a *manage.API) { a.Data = httpapi.API{Service: &pubsub.Service{}} })
	if w := together.want(200, "ok", "GET", "/healthz", ""); w.Header().Get("RateLimit-Limit") != "" {
		t.Error("the data plane has rates of its own")
	}
	for _, r := range []*rig{apart, together} {
		r.want(200, `"paths"`, "GET", "/v1/openapi.json", "")
		r.want(200, `id="sign-in-again"`, "GET", "/v1/errors", "")
		r.want(200, `"precondition-failed"`, "GET", "/v1/errors.json", "")
		r.want(200, `"asyncapi"`, "GET", "/v1/asyncapi.json", "")
	}
}
