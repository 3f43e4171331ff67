package manage_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/infra/httpapi/manage"
)

// issuer signs ada in who comes back with the code "good", if everything else
// is what it was told.
type issuer struct{ nonce, verifier string }

func (i *issuer) Address(_ context.Context, redirect, state, nonce, verifier string) (string, error) {
	i.nonce, i.verifier = nonce, verifier
	return "https://login.example.org/?" + url.Values{"redirect_uri": {redirect}, "state": {state}}.Encode(), nil
}

func (i *issuer) Identity(_ context.Context, redirect, code, nonce, verifier string) (account.Identity, error) {
	if redirect != "https://tacet.example.org/v1/sign-in/callback" || code != "good" || nonce != i.nonce || verifier != i.verifier {
		return account.Identity{}, &fault.Error{Kind: fault.Unauthenticated, Text: "the issuer knows nothing of this"}
	}
	return account.Identity{Issuer: "https://login.example.org", Subject: "ada", Email: "ada@example.org"}, nil
}

func withIssuer(a *manage.API) { a.Issuer, a.Origin = &issuer{}, "https://tacet.example.org" }

// begin goes to the issuer, and returns the state and the cookie for the way
// back.
func (r *rig) begin(query string) (state, cookie string) {
	r.t.Helper()
	w := r.want(302, "", "GET", "/v1/sign-in"+query, "")
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || to.Host != "login.example.org" || to.Query().Get("redirect_uri") != "https://tacet.example.org/v1/sign-in/callback" {
		r.t.Fatalf("sent to %s: %v", w.Header().Get("Location"), err)
	}
	cookie, attributes, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	if attributes != " Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax" {
		r.t.Errorf("the cookie is %s", w.Header().Get("Set-Cookie"))
	}
	return to.Query().Get("state"), cookie
}

const back = "/v1/sign-in/callback?code=good&state="

func TestABrowserSignsInWithAnIssuer(t *testing.T) {
	r := newRig(t, withIssuer)
	state, cookie := r.begin("")
	w := r.want(302, "", "GET", back+state, "", "Cookie", cookie)
	if w.Header().Get("Location") != "/console/" {
		t.Errorf("sent to %s", w.Header().Get("Location"))
	}
	cookies := w.Header().Values("Set-Cookie")
	if len(cookies) != 2 || !strings.Contains(cookies[0], "Max-Age=0") || !strings.HasSuffix(cookies[1], "HttpOnly; Secure; SameSite=Strict") {
		t.Fatalf("cookies %q", cookies)
	}
	session, _, _ := strings.Cut(cookies[1], ";")
	r.want(200, "ada@example.org", "GET", "/v1/me", "", "Cookie", session)
}

func TestNobodyIsSignedInWithAnothersCode(t *testing.T) {
	r := newRig(t, withIssuer)
	state, cookie := r.begin("")
	_, other := r.begin("")
	for name, header := range map[string][]string{"no cookie": nil, "of another attempt": {"Cookie", other}, "damaged": {"Cookie", cookie[:len(cookie)-2] + "xx"}} {
		if w := r.want(401, "begin again", "GET", back+state, "", header...); w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: got a cookie", name)
		}
	}
	r.want(401, "begin again", "GET", back+"x", "", "Cookie", cookie)
	r.want(401, "signed nobody in", "GET", "/v1/sign-in/callback?error=access_denied&state="+state, "", "Cookie", cookie)
	r.want(401, "the issuer knows nothing", "GET", "/v1/sign-in/callback?code=bad&state="+state, "", "Cookie", cookie)
	r.sleep(10 * time.Minute)
	r.want(401, "begin again", "GET", back+state, "", "Cookie", cookie)
}

func TestACommandExchangesItsCode(t *testing.T) {
	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	hash := sha256.Sum256([]byte(verifier))
	r := newRig(t, withIssuer)
	state, cookie := r.begin("?port=49152&challenge=" + base64.RawURLEncoding.EncodeToString(hash[:]))
	w := r.want(302, "", "GET", back+state, "", "Cookie", cookie)
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || to.Scheme+to.Host+to.Path != "http127.0.0.1:49152/" {
		t.Fatalf("sent to %s: %v", w.Header().Get("Location"), err)
	}
	if len(w.Header().Values("Set-Cookie")) != 1 {
		t.Errorf("the browser got a session: %q", w.Header().Values("Set-Cookie"))
	}
	code := to.Query().Get("code")
	proof := func(code, verifier string) string {
		body, _ := json.Marshal(map[string]string{"code": code, "verifier": verifier})
		return string(body)
	}
	r.want(401, "not good", "POST", "/v1/sessions", proof(code, "another"))
	r.want(401, "not good", "POST", "/v1/sessions", proof("x", verifier))
	r.want(401, "not good", "POST", "/v1/sessions", proof(strings.TrimPrefix(cookie, "__Host-tacet-sign-in="), verifier))
	r.want(201, `"token":"tacet_s_`, "POST", "/v1/sessions", proof(code, verifier))
	r.want(400, "either link, or code and verifier", "POST", "/v1/sessions", `{"code":"x"}`)
	r.want(400, "either link, or code and verifier", "POST", "/v1/sessions", `{"link":"x","code":"x","verifier":"x"}`)
	r.sleep(time.Minute)
	r.want(401, "not good", "POST", "/v1/sessions", proof(code, verifier))
}

func TestPortAndChallengeBelongTogether(t *testing.T) {
	r := newRig(t, withIssuer)
	challenge := strings.Repeat("x", 43)
	for _, query := range []string{"?port=80", "?challenge=" + challenge, "?port=65536&challenge=" + challenge, "?port=080&challenge=" + challenge, "?port=80&challenge=short"} {
		r.want(400, "port", "GET", "/v1/sign-in"+query, "")
	}
	r = newRig(t)
	r.want(404, "one-time link", "GET", "/v1/sign-in", "")
	r.want(404, "one-time link", "GET", "/v1/sign-in/callback", "")
}
