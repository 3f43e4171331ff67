package httpapi_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"tacet/core/grant"
)

// backendCalls has a call of each route that needs a token, with the
// permission that it needs.
var backendCalls = []struct{ method, path, body, permission string }{
	{"POST", publishPath, `{"topic":"chat/lobby","message":1}`, grant.Write("chat/*")},
	{"POST", publishPath + "/batch", `[]`, ""},
	{"POST", "/api/topics/" + appID + "/unsubscribe", `{"topicPatterns":["chat/*"],"subject":"bob"}`, string(grant.ManageSubscribers)},
	{"POST", "/api/topics/" + appID + "/unsubscribe", `{"topicPatterns":["chat/*"],"subject":"nobody can be called so"}`, string(grant.ManageSubscribers)},
	{"GET", "/api/topics/" + appID, ``, string(grant.ManageSubscribers)},
	{"GET", "/api/topics/" + appID + "/chat/lobby", ``, string(grant.ManageSubscribers)},
	{"DELETE", "/api/connections/" + appID, ``, string(grant.ManageConnections)},
	{"DELETE", "/api/connections/" + appID + "?subject=bob", ``, string(grant.ManageConnections)},
	{"DELETE", "/api/connections/" + appID + "?subject=nobody+can+be+called+so", ``, string(grant.ManageConnections)},
	{"DELETE", "/api/connections/" + appID + "/b1=", ``, string(grant.ManageConnections)},
	{"GET", "/telemetry/aggregates/" + appID + "/7", ``, string(grant.ManageApplication)},
	{"GET", "/telemetry/top-topics/" + appID + "/7?limit=3", ``, string(grant.ManageApplication)},
	{"GET", "/telemetry/heatmap/connections/countries/" + appID + "/7", ``, string(grant.ManageApplication)},
}

func TestEachRouteAsksForItsPermissionAndNoOther(t *testing.T) {
	all := append([]string{grant.Write("chat/*"), grant.Read("*")}, everything[1:]...)
	for _, c := range backendCalls {
		for _, permission := range all {
			r := newRig(t)
			q := r.request(c.method, c.path, c.body)
			q.Header.Set("Authorization", "Bearer "+token(t, adminSecret, permission))
			want := 403
			if permission == c.permission || c.permission == "" {
				want = 200
			}
			if w := r.do(q); w.Code != want {
				t.Errorf("%s %s with %s: %d %s, want %d", c.method, c.path, permission, w.Code, w.Body, want)
			}
		}
	}
}

// unread is a body that must not be looked at.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestStrangersAreRefusedBeforeTheBodyIsLookedAt(t *testing.T) {
	expired := func(t *testing.T) string {
		k, err := grant.ParseSigningKey(grant.HS256, adminSecret)
		if err != nil {
			t.Fatal(err)
		}
		text, err := grant.Sign(k, grant.Claims{Subject: "backend", Permissions: everything, Expires: now})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	const bare, invalid = `Bearer realm="tacet"`, `Bearer realm="tacet", error="invalid_token"`
	for name, c := range map[string]struct {
		authorization string
		app           string
		status        int
		challenge     string
		text          string
	}{
		"no token":         {"", appID, 401, bare, "no access token"},
		"another scheme":   {"Basic " + token(t, adminSecret), appID, 401, bare, "no access token"},
		"nothing behind":   {"Bearer", appID, 401, bare, "no access token"},
		"no JWT":           {"Bearer MARKER", appID, 401, invalid, "not a JSON Web Token"},
		"expired":          {"Bearer " + expired(t), appID, 401, invalid, "expired"},
		"another key":      {"Bearer " + token(t, strings.ToUpper(adminSecret), everything...), appID, 403, "", "not signed with a key of this application"},
		"a client's token": {"Bearer " + token(t, userSecret, everything...), appID, 403, "", "this is a client token"},
		"another app":      {"Bearer " + token(t, adminSecret, everything...), otherApp, 403, "", "not signed with a key of this application"},
		"no app":           {"Bearer " + token(t, adminSecret, everything...), "MARKER", 400, "", "32 hex digits"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, call := range backendCalls {
				r := newRig(t)
				q := httptest.NewRequest(call.method, strings.Replace(call.path, appID, c.app, 1), unread{t})
				q.Header.Set("Authorization", c.authorization)
				w := r.do(q)
				if w.Code != c.status || w.Header().Get("WWW-Authenticate") != c.challenge || !strings.Contains(w.Body.String(), c.text) {
					t.Errorf("%s %s: got %d, challenge %q, %s", call.method, call.path, w.Code, w.Header().Get("WWW-Authenticate"), w.Body)
				}
				if _, secret, ok := strings.Cut(c.authorization, " "); ok && strings.Contains(w.Body.String()+r.log.String(), secret) {
					t.Errorf("the answer or the log has the token: %s %s", w.Body, r.log)
				}
			}
		})
	}
}

func TestSchemeOfAuthorizationHasNoCase(t *testing.T) {
	r := newRig(t)
	q := r.request("GET", "/api/topics/"+appID, "")
	q.Header.Set("Authorization", "bEARER  "+token(t, adminSecret, everything...))
	if w := r.do(q); w.Code != 200 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
