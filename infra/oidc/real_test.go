package oidc_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/directory/directorytest"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/seal/sealtest"
	"tacet/infra/httpapi/manage"
	"tacet/infra/local/child"
	"tacet/infra/oidc"
)

const (
	redirect = "http://127.0.0.1:9/v1/sign-in/callback" // where nobody listens
	verifier = "a-verifier-that-is-as-long-as-RFC-7636-asks-for-43"
)

// clients are the ways in which a client proves who it is.
var clients = []map[string]any{
	{"client_id": "basic", "client_secret": "s e:c%r+e/t", "token_endpoint_auth_method": "client_secret_basic"},
	{"client_id": "public", "token_endpoint_auth_method": "none"},
}

// startIssuer starts an issuer that is not ours. It does not come with -short.
func startIssuer(t *testing.T, redirects ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an issuer of OpenID Connect")
	}
	for _, c := range clients {
		c["redirect_uris"] = redirects
	}
	settings, err := json.Marshal(clients)
	must(t, err)
	c, err := child.Start("issuer", "node", "serve.mjs", string(settings))
	must(t, err)
	t.Cleanup(c.Stop)
	return c.URL
}

func newProvider(t *testing.T, issuer, client, secret string) *oidc.Provider {
	t.Helper()
	p, err := oidc.New(oidc.Options{Issuer: issuer, ClientID: client, ClientSecret: grant.NewSecret(secret), Now: time.Now})
	must(t, err)
	return p
}

// begin returns where a browser is sent.
func begin(t *testing.T, p *oidc.Provider) string {
	t.Helper()
	address, err := p.Address(t.Context(), redirect, "state", "nonce", verifier)
	must(t, err)
	return address
}

func TestSomebodySignsInWithAnIssuerThatIsNotOurs(t *testing.T) {
	issuer := startIssuer(t, redirect)
	for _, c := range []struct{ client, secret, name, email string }{
		{"basic", "s e:c%r+e/t", "alice", "alice@example.org"},
		{"public", "", "bob", "bob@example.org"},
		{"basic", "s e:c%r+e/t", "unverified", ""},
		{"public", "", "silent", ""},
	} {
		t.Run(c.client+" "+c.name, func(t *testing.T) {
			p := newProvider(t, issuer, c.client, c.secret)
			_, came := newBrowser(t, c.name, redirect).open(t, begin(t, p))
			if came.Get("state") != "state" {
				t.Fatalf("the browser came back with %v", came)
			}
			who, err := p.Identity(t.Context(), redirect, came.Get("code"), "nonce", verifier)
			must(t, err)
			if want := (account.Identity{Issuer: issuer, Subject: c.name, Email: c.email}); who != want {
				t.Errorf("got %+v, want %+v", who, want)
			}
		})
	}
}

func TestACodeOfARealIssuerIsNothingToAnybodyElse(t *testing.T) {
	issuer := startIssuer(t, redirect)
	p := newProvider(t, issuer, "public", "")
	b := newBrowser(t, "alice", redirect)
	for _, c := range []struct {
		name                      string
		redirect, nonce, verifier string
		by                        *oidc.Provider
		want                      fault.Kind
	}{
		{"another attempt's nonce", redirect, "other", verifier, p, fault.Unauthenticated},
		{"no nonce", redirect, "", verifier, p, fault.Unauthenticated},
		{"another verifier", redirect, "nonce", verifier + "x", p, fault.Unauthenticated},
		{"no verifier", redirect, "nonce", "", p, fault.Unauthenticated},
		{"another redirect", redirect + "x", "nonce", verifier, p, fault.Unauthenticated},
		{"another client", redirect, "nonce", verifier, newProvider(t, issuer, "basic", "s e:c%r+e/t"), fault.Unauthenticated},
		{"a wrong secret", redirect, "nonce", verifier, newProvider(t, issuer, "basic", "wrong"), fault.Unavailable},
		{"a client that it does not know", redirect, "nonce", verifier, newProvider(t, issuer, "stranger", ""), fault.Unavailable},
	} {
		_, came := b.open(t, begin(t, p))
		who, err := c.by.Identity(t.Context(), c.redirect, came.Get("code"), c.nonce, c.verifier)
		if fault.KindOf(err) != c.want || who != (account.Identity{}) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && (strings.Contains(err.Error(), came.Get("code")) || strings.Contains(err.Error(), "alice")) {
			t.Errorf("%s: the error tells too much: %v", c.name, err)
		}
	}

	_, came := b.open(t, begin(t, p))
	_, err := p.Identity(t.Context(), redirect, came.Get("code"), "nonce", verifier)
	must(t, err)
	if _, err := p.Identity(t.Context(), redirect, came.Get("code"), "nonce", verifier); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a code that was used: %v", err)
	}
}

// platform is the API over models, in front of an issuer that is not ours.
func platform(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String()
	random := sealtest.Random(1)
	server.Config.Handler = manage.API{
		Accounts: &account.Service{
			Directory: directorytest.NewMemory(time.Now), Vault: sealtest.NewVault(random), Deployment: sealtest.NewDeployment(random),
			Anonymiser: privacy.Anonymiser{}, Now: time.Now, Random: func(b []byte) { _, _ = rand.Read(b) },
		},
		Issuer: newProvider(t, startIssuer(t, origin+"/v1/sign-in/callback"), "public", ""),
		Origin: origin, Loopback: true,
	}.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return server
}

func TestABrowserSignsInToTheConsole(t *testing.T) {
	server := platform(t)
	b := newBrowser(t, "alice", server.URL+"/console/")
	answer, _ := b.open(t, server.URL+"/v1/sign-in")
	if to := answer.Header.Get("Location"); to != "/console/" {
		t.Fatalf("the browser was sent to %q with status %d", to, answer.StatusCode)
	}
	answer, err := b.Get(server.URL + "/v1/me")
	must(t, err)
	var me struct {
		Person struct{ Email string }
	}
	must(t, json.NewDecoder(answer.Body).Decode(&me))
	if me.Person.Email != "alice@example.org" {
		t.Errorf("signed in as %+v", me)
	}
}

func TestACommandGetsASessionForItsCodeOnce(t *testing.T) {
	server := platform(t)
	const command = "http://127.0.0.1:9/"
	hash := sha256.Sum256([]byte(verifier))
	_, came := newBrowser(t, "alice", command).open(t, server.URL+"/v1/sign-in?port=9&challenge="+base64.RawURLEncoding.EncodeToString(hash[:]))
	for _, c := range []struct {
		verifier string
		want     int
	}{{verifier + "x", http.StatusUnauthorized}, {verifier, http.StatusCreated}, {verifier, http.StatusUnauthorized}} {
		body, err := json.Marshal(map[string]string{"code": came.Get("code"), "verifier": c.verifier})
		must(t, err)
		answer, err := http.Post(server.URL+"/v1/sessions", "application/json", bytes.NewReader(body))
		must(t, err)
		if answer.StatusCode != c.want {
			t.Errorf("the code is answered with %d, want %d", answer.StatusCode, c.want)
		}
	}
}

func TestWhoeverCancelsOrComesFromElsewhereIsNotSignedIn(t *testing.T) {
	server := platform(t)
	denies := newBrowser(t, "alice", "")
	denies.deny = true
	answer, _ := denies.open(t, server.URL+"/v1/sign-in")
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("who cancels is answered with %d", answer.StatusCode)
	}

	// A link with somebody's code, opened in another browser.
	b := newBrowser(t, "alice", server.URL+"/v1/sign-in/callback")
	answer, _ = b.open(t, server.URL+"/v1/sign-in")
	link := answer.Header.Get("Location")
	other := newBrowser(t, "bob", "")
	answer, _ = other.open(t, link)
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("another browser is answered with %d", answer.StatusCode)
	}
	// The same browser, and the state changed.
	answer, _ = b.open(t, strings.Replace(link, "state=", "state=x", 1))
	if to := answer.Header.Get("Location"); to == "/console/" {
		t.Error("with another state the browser is signed in")
	}
	jar, err := cookiejar.New(nil)
	must(t, err)
	b.Jar = jar
	if answer, _ := b.open(t, link); answer.Header.Get("Location") == "/console/" {
		t.Error("without its cookie the browser is signed in")
	}
}
