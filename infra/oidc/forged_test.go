package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tacet/core/account"
	"tacet/core/fault"
)

// marker stands for everything that no error may hold.
const marker = "MARKER@example.org"

// forger is an issuer of our own: it answers with whatever it is told to.
type forger struct {
	*httptest.Server
	key, other *ecdsa.PrivateKey

	asked    atomic.Int64 // how often for what it is
	describe func(map[string]any)
	token    func() string // the ID token
	userInfo map[string]any
	fail     func(w http.ResponseWriter, r *http.Request) bool
}

func newForger(t *testing.T) *forger {
	t.Helper()
	f := &forger{key: newKey(t), other: newKey(t)}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		f.asked.Add(1)
		says := map[string]any{
			"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
		}
		if f.userInfo != nil {
			says["userinfo_endpoint"] = f.URL + "/me"
		}
		if f.describe != nil {
			f.describe(says)
		}
		reply(w, says)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		public, err := f.key.PublicKey.Bytes()
		if err != nil {
			t.Error(err)
		}
		text := base64.RawURLEncoding.EncodeToString
		reply(w, map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256", "x": text(public[1:33]), "y": text(public[33:])}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"access_token": marker, "token_type": "Bearer", "expires_in": 60, "id_token": f.token()})
	})
	mux.HandleFunc("/me", func(w http.ResponseWriter, _ *http.Request) { reply(w, f.userInfo) })
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.fail == nil || !f.fail(w, r) {
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(f.Close)
	f.token = func() string { return f.sign(t, f.claims(nil)) }
	return f
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // or the client sees that it ends early
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

// claims returns those of a good ID token, with some changed; nil takes one away.
func (f *forger) claims(change map[string]any) jwt.MapClaims {
	c := jwt.MapClaims{
		"iss": f.URL, "aud": "client", "sub": "alice", "nonce": "nonce", "email": marker, "email_verified": true,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	for k, v := range change {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return c
}

func (f *forger) sign(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	return signed(t, jwt.SigningMethodES256, f.key, claims)
}

func signed(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = "1"
	text, err := token.SignedString(key)
	if err != nil {
		t.Error(err)
	}
	return text
}

func (f *forger) identity(t *testing.T) (account.Identity, error) {
	t.Helper()
	return newProvider(t, f.URL, "client", "a secret that is long enough for HS256").Identity(t.Context(), redirect, "code", "nonce", verifier)
}

func TestAGoodIDTokenIsTaken(t *testing.T) {
	f := newForger(t)
	for name, change := range map[string]map[string]any{
		"as it is": nil, "for this client alone, in a list": {"aud": []string{"client"}},
		"asked for by this client": {"aud": []string{"other", "client"}, "azp": "client"},
		"verified, as text":        {"email_verified": "true"},
	} {
		f.token = func() string { return f.sign(t, f.claims(change)) }
		if who, err := f.identity(t); err != nil || who != (account.Identity{Issuer: f.URL, Subject: "alice", Email: marker}) {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

func TestAForgedIDTokenSignsNobodyIn(t *testing.T) {
	f := newForger(t)
	changed := func(change map[string]any) func() string {
		return func() string { return f.sign(t, f.claims(change)) }
	}
	parts := func(i int, change func(string) string) func() string {
		return func() string {
			p := strings.Split(f.sign(t, f.claims(nil)), ".")
			p[i] = change(p[i])
			return strings.Join(p, ".")
		}
	}
	recoded := func(old, fresh string) func(string) string {
		return func(text string) string {
			b, err := base64.RawURLEncoding.DecodeString(text)
			if err != nil || !strings.Contains(string(b), old) {
				t.Errorf("there is no %s in it", old)
			}
			return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(b), old, fresh, 1)))
		}
	}
	for name, token := range map[string]func() string{
		"wrong nonce":                       changed(map[string]any{"nonce": "other"}),
		"no nonce":                          changed(map[string]any{"nonce": nil}),
		"wrong audience":                    changed(map[string]any{"aud": "other"}),
		"no audience":                       changed(map[string]any{"aud": nil}),
		"several audiences":                 changed(map[string]any{"aud": []string{"client", "other"}}),
		"asked for by another client":       changed(map[string]any{"aud": []string{"client", "other"}, "azp": "other"}),
		"asked for by another client alone": changed(map[string]any{"azp": "other"}),
		"wrong issuer":                      changed(map[string]any{"iss": "https://issuer.example"}),
		"issuer with a slash":               changed(map[string]any{"iss": f.URL + "/"}),
		"no issuer":                         changed(map[string]any{"iss": nil}),
		"expired":                           changed(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}),
		"no expiry":                         changed(map[string]any{"exp": nil}),
		"not yet":                           changed(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}),
		"no subject":                        changed(map[string]any{"sub": nil}),
		"another key":                       func() string { return signed(t, jwt.SigningMethodES256, f.other, f.claims(nil)) },
		"alg none": func() string {
			return signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, f.claims(nil))
		},
		"alg HS256, by the client's secret": func() string {
			return signed(t, jwt.SigningMethodHS256, []byte("a secret that is long enough for HS256"), f.claims(nil))
		},
		"alg HS256, by the public key": func() string {
			public, err := f.key.PublicKey.Bytes()
			if err != nil {
				t.Error(err)
			}
			return signed(t, jwt.SigningMethodHS256, public, f.claims(nil))
		},
		"another subject":  parts(1, recoded(`"sub":"alice"`, `"sub":"bob"`)),
		"another header":   parts(0, recoded(`ES256`, `none`)),
		"no signature":     parts(2, func(string) string { return "" }),
		"another's":        parts(2, func(s string) string { return strings.Repeat("A", len(s)) }),
		"no token at all":  func() string { return "" },
		"something else":   func() string { return marker },
		"e-mail of a list": changed(map[string]any{"email": []string{marker}}),
	} {
		t.Run(name, func(t *testing.T) {
			f.token = token
			who, err := f.identity(t)
			if fault.KindOf(err) != fault.Unauthenticated || who != (account.Identity{}) {
				t.Errorf("got %v", err)
			}
			wantSilence(t, err)
		})
	}
}

// wantSilence says that an error holds nothing of what the issuer has answered.
func wantSilence(t *testing.T, err error) {
	t.Helper()
	if err != nil && (strings.Contains(err.Error(), marker) || strings.Contains(err.Error(), "eyJ")) {
		t.Errorf("the error tells too much: %v", err)
	}
}

func TestAnAddressCountsOnlyIfTheIssuerHasVerifiedIt(t *testing.T) {
	type says = map[string]any
	f := newForger(t)
	for name, c := range map[string]struct {
		token, more says
		email       string
		kind        fault.Kind // Internal: no error
	}{
		"not verified":                     {token: says{"email_verified": false}},
		"not verified, as text":            {token: says{"email_verified": "false"}},
		"verified by a number":             {token: says{"email_verified": 1}},
		"nothing said of it":               {token: says{"email_verified": nil}},
		"no address":                       {token: says{"email": nil}},
		"told elsewhere":                   {token: says{"email": nil}, more: says{"sub": "alice", "email": marker, "email_verified": true}, email: marker},
		"told elsewhere, not verified":     {token: says{"email": nil}, more: says{"sub": "alice", "email": marker}},
		"told elsewhere of somebody else":  {token: says{"email": nil}, more: says{"sub": "bob", "email": marker, "email_verified": true}, kind: fault.Unauthenticated},
		"elsewhere is not asked in vain":   {more: says{"sub": "bob"}, email: marker},
		"verified there is verified there": {token: says{"email": nil, "email_verified": true}, more: says{"sub": "alice", "email": marker, "email_verified": false}},
	} {
		t.Run(name, func(t *testing.T) {
			f.token = func() string { return f.sign(t, f.claims(c.token)) }
			f.userInfo = c.more
			who, err := f.identity(t)
			if who.Email != c.email || err == nil != (c.kind == fault.Internal) || err != nil && fault.KindOf(err) != c.kind {
				t.Errorf("got %q, %v", who.Email, err)
			}
		})
	}
}

// Whatever an issuer answers badly: who signs in is told to come again, and not
// that it is his fault.
func TestAnIssuerThatFailsIsUnavailable(t *testing.T) {
	huge := func(w http.ResponseWriter) { fmt.Fprintf(w, `{"x":%q}`, strings.Repeat(marker, 100_000)) }
	for name, answer := range map[string]func(http.ResponseWriter){
		"error":     func(w http.ResponseWriter) { http.Error(w, marker, http.StatusInternalServerError) },
		"throttled": func(w http.ResponseWriter) { http.Error(w, marker, http.StatusTooManyRequests) },
		"redirect": func(w http.ResponseWriter) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
		},
		"no JSON":     func(w http.ResponseWriter) { fmt.Fprint(w, marker) },
		"too long":    huge,
		"cut":         func(w http.ResponseWriter) { w.Header().Set("Content-Length", "100"); fmt.Fprint(w, `{"a`) },
		"no ID token": func(w http.ResponseWriter) { reply(w, map[string]any{"access_token": marker, "token_type": "Bearer"}) },
		"other grants": func(w http.ResponseWriter) {
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"error":"slow_down","error_description":%q}`, marker)
		},
	} {
		for _, path := range []string{"/.well-known/openid-configuration", "/token", "/keys", "/me"} {
			if path == "/keys" && (name == "no JSON" || name == "no ID token") || path == "/me" && name == "no ID token" {
				continue // they are keys that do not fit, and a person of whom nothing is told
			}
			t.Run(name+" "+path, func(t *testing.T) {
				f := newForger(t)
				f.userInfo = map[string]any{"sub": "alice"}
				f.token = func() string { return f.sign(t, f.claims(map[string]any{"email": nil})) }
				f.fail = func(w http.ResponseWriter, r *http.Request) bool {
					if r.URL.Path == "/elsewhere" {
						t.Error("a redirect was followed")
					}
					if r.URL.Path == path {
						answer(w)
					}
					return r.URL.Path == path
				}
				who, err := f.identity(t)
				if fault.KindOf(err) != fault.Unavailable || who != (account.Identity{}) {
					t.Errorf("got %v", err)
				}
				wantSilence(t, err)
			})
		}
	}
}
