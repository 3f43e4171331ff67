package lifetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/ledger"
)

// Host is a platform that an account lives on. It takes the address of a client
// from X-Forwarded-For.
type Host struct {
	// Base is where it is: http://127.0.0.1:8080.
	Base string
	// Session returns the token of a fresh session of somebody.
	Session func(t testing.TB, who account.Identity) string
}

// Life is an account that has all that an account can have. Made by Begin.
type Life struct {
	Host
	Account account.ID
	// App is one of its applications, and Client the secret of its clients.
	App, Client string
	// Typed is what people have typed, and by what they are known. Ids are the
	// ids that the platform gave them and theirs, and hashes of these.
	Typed, Ids Traces

	owner, guest, token string // what they show
	address             string
	request             string
}

// Begin lets an account come to life.
func Begin(t testing.TB, h Host) *Life {
	t.Helper()
	address := netip.AddrFrom16([16]byte(append([]byte{0x20, 0x01, 0x0d, 0xb8}, random(12)...)))
	l := &Life{Host: h, Typed: Traces{}, Ids: Traces{}, address: address.String()}
	l.Typed["address"], l.Typed["address in bytes"] = []byte(l.address), address.AsSlice()
	issuer := "https://" + l.typed("issuer") + ".example"
	owner := account.Identity{Issuer: issuer, Subject: l.typed("owner's subject"), Email: l.typed("owner's e-mail") + "@example.org"}
	guest := account.Identity{Issuer: issuer, Subject: l.typed("guest's subject"), Email: l.typed("guest's e-mail") + "@example.org"}
	l.owner, l.guest = h.Session(t, owner), h.Session(t, guest)

	l.Account = account.ID(l.make(t, "account", "/v1/accounts", map[string]any{"profile": l.profile("first")}))
	at := "/v1/accounts/" + string(l.Account)
	l.do(t, l.owner, http.MethodPatch, at, map[string]any{"profile": l.profile("second")})
	l.Typed["age range"] = []byte(account.From65)
	l.do(t, l.owner, http.MethodPut, at+"/payment", map[string]any{"reference": l.typed("payment reference"), "brand": letters(), "lastFour": "4242", "expires": "2031-07"})

	invitation := l.make(t, "invitation", at+"/invitations", map[string]any{"email": guest.Email, "role": "viewer"})
	var member struct{ Member string }
	l.read(t, l.do(t, l.guest, http.MethodPost, "/v1/invitations/"+invitation+"/accept", nil), &member)
	l.know("member", member.Member)
	l.make(t, "open invitation", at+"/invitations", map[string]any{"email": l.typed("invited e-mail") + "@example.org", "role": "admin"})

	l.App = l.make(t, "app", at+"/apps", map[string]any{"name": l.typed("name of an app")})
	l.do(t, l.owner, http.MethodPatch, at+"/apps/"+l.App, map[string]any{"name": l.typed("new name of an app")})
	gone := l.make(t, "deleted app", at+"/apps", map[string]any{"name": l.typed("name of a deleted app")})
	l.do(t, l.owner, http.MethodDelete, at+"/apps/"+gone, nil)
	var key struct{ ID, Secret string }
	l.read(t, l.do(t, l.owner, http.MethodPost, at+"/apps/"+l.App+"/keys", map[string]any{"kind": "client"}), &key)
	l.Client, l.Typed["secret of a key"] = key.Secret, []byte(key.Secret)
	var token struct{ ID, Secret string }
	l.read(t, l.do(t, l.owner, http.MethodPost, at+"/tokens", map[string]any{"name": l.typed("name of a token")}), &token)
	l.know("token", token.ID)
	l.token, l.Typed["token"] = token.Secret, []byte(token.Secret)
	l.do(t, l.token, http.MethodGet, at, nil)

	for who, session := range map[string]string{"owner": l.owner, "guest": l.guest} {
		var asked struct{ Request string }
		l.read(t, l.do(t, session, http.MethodPost, at+"/exports", map[string]any{"scope": "self"}), &asked)
		l.do(t, session, http.MethodGet, at+"/exports/"+asked.Request, nil)
		l.Typed["session of the "+who] = []byte(session)
	}
	return l
}

func (l *Life) profile(which string) map[string]any {
	return map[string]any{"fullName": l.typed(which + " name"), "email": l.typed(which+" e-mail") + "@example.org", "ageRange": account.From65}
}

// typed returns what somebody types, which nobody else would.
func (l *Life) typed(what string) string {
	text := letters()
	l.Typed[what] = []byte(text)
	return text
}

// know remembers an id of 128 bits.
func (l *Life) know(what, id string) {
	hash := sha256.Sum256([]byte(id))
	l.Ids[what], l.Ids["hash of "+what] = []byte(id), hash[:]
	if raw, err := hex.DecodeString(id); err == nil {
		hash := sha256.Sum256(raw)
		l.Ids[what+" in bytes"], l.Ids["hash of "+what+" in bytes"] = raw, hash[:]
	}
}

// make makes something, and returns its id.
func (l *Life) make(t testing.TB, what, path string, body any) string {
	t.Helper()
	var made struct{ ID string }
	l.read(t, l.do(t, l.owner, http.MethodPost, path, body), &made)
	l.know(what, made.ID)
	return made.ID
}

func (l *Life) read(t testing.TB, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// do makes a request that has to succeed.
func (l *Life) do(t testing.TB, token, method, path string, body any) string {
	t.Helper()
	status, text := l.ask(t, token, method, path, body)
	if status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return text
}

func (l *Life) ask(t testing.TB, token, method, path string, body any) (int, string) {
	t.Helper()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		in = strings.NewReader(string(text))
	}
	r, err := http.NewRequestWithContext(t.Context(), method, l.Base+path, in)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("If-Match", "*")
	r.Header.Set("X-Forwarded-For", l.address)
	if method == http.MethodPost && strings.HasSuffix(path, "/apps") {
		r.Header.Set("Idempotency-Key", l.typed("idempotency key"))
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(text)
}

// Ask asks for a download of everything, which nobody fetches.
func (l *Life) Ask(t testing.TB) {
	t.Helper()
	l.do(t, l.owner, http.MethodPost, "/v1/accounts/"+string(l.Account)+"/exports", map[string]any{"scope": "account"})
}

// Delete has the account deleted, and returns when it is known to be, with a
// certificate.
func (l *Life) Delete(t testing.TB) {
	t.Helper()
	at := "/v1/accounts/" + string(l.Account)
	var challenge struct{ Phrase, Request string }
	l.read(t, l.do(t, l.owner, http.MethodPost, at+"/deletion", nil), &challenge)
	l.request = challenge.Request
	l.do(t, l.owner, http.MethodDelete, at, map[string]any{"phrase": challenge.Phrase})
	l.Gone(t)
	l.Completed(t)
}

// Completed returns when the deletion is completed.
func (l *Life) Completed(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		var status struct {
			Stage       ledger.Stage
			Step        string
			Certificate json.RawMessage
		}
		l.read(t, l.do(t, "", http.MethodGet, "/v1/deletions/"+l.request, nil), &status)
		if status.Stage == ledger.Completed && status.Certificate != nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the deletion is at %q after a minute", status.Step)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Gone checks that nobody can read the account any more.
func (l *Life) Gone(t testing.TB) {
	t.Helper()
	at := "/v1/accounts/" + string(l.Account)
	for who, token := range map[string]string{"owner": l.owner, "guest": l.guest, "token": l.token} {
		for _, path := range []string{at, at + "/members", at + "/apps", at + "/apps/" + l.App} {
			status, text := l.ask(t, token, http.MethodGet, path, nil)
			if status != http.StatusNotFound && (who != "token" || status != http.StatusUnauthorized) {
				t.Errorf("GET %s, as the %s: %d %s", path, who, status, text)
			}
		}
		if status, text := l.ask(t, token, http.MethodGet, "/v1/accounts", nil); strings.Contains(text, string(l.Account)) {
			t.Errorf("the list of accounts of the %s: %d %s", who, status, text)
		}
	}
}

func letters() string {
	return "Zq" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'a' + r - '0'
		}
		return r
	}, rand.Text())
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
