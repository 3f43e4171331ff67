package command_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"tacet/infra/tacet/command"
)

// at runs a command of somebody who has no token, at a server.
func at(t *testing.T, server string, args ...string) (status int, out, said string) {
	t.Helper()
	t.Setenv("TACET_URL", server)
	os.Unsetenv("TACET_TOKEN")
	var stdout, stderr bytes.Buffer
	status = command.Main(append([]string{"tacet"}, args...), strings.NewReader(""), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// Somebody signs in at an issuer, in the browser; what the browser brings is of use to this command only.
func TestABrowserBringsASession(t *testing.T) {
	var challenge string
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/sessions", func(w http.ResponseWriter, r *http.Request) {
		var proof struct{ Code, Verifier string }
		_ = json.NewDecoder(r.Body).Decode(&proof)
		sum := sha256.Sum256([]byte(proof.Verifier))
		if proof.Code != "c1" || base64.RawURLEncoding.EncodeToString(sum[:]) != challenge || len(proof.Verifier) < 43 {
			http.Error(w, `{"detail":"no"}`, http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"token":"tacet_s_new","expires":%q}`, time.Now().Add(time.Hour).Format(time.RFC3339))
	})
	mux.HandleFunc("GET /v1/sign-in", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://issuer.example/", http.StatusFound)
	})
	ended := ""
	mux.HandleFunc("DELETE /v1/sessions/current", func(w http.ResponseWriter, r *http.Request) { ended = r.Header.Get("Authorization") })
	mux.HandleFunc("GET /v1/accounts", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"items":[{"account":{"id":%q}}]}`, r.Header.Get("Authorization"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	home := t.TempDir()
	t.Setenv("XDG_DATA_HOME", home)
	os.Unsetenv("TACET_URL")

	stderr := new(safeBuffer)
	status := make(chan int)
	go func() {
		status <- command.Main([]string{"tacet", "account", "sign-in", "--no-browser", "--url", server.URL}, strings.NewReader(""), io.Discard, stderr)
	}()
	var shown *url.URL
	for deadline := time.Now().Add(patience); shown == nil; <-time.After(time.Millisecond) {
		if address := regexp.MustCompile(`http\S+`).FindString(stderr.String()); address != "" {
			shown, _ = url.Parse(address)
		}
		if time.Now().After(deadline) {
			t.Fatal("no address is shown")
		}
	}
	if !strings.HasPrefix(shown.String(), server.URL+"/v1/sign-in?") {
		t.Fatalf("shown %s", shown)
	}
	challenge = shown.Query().Get("challenge")
	back := "http://127.0.0.1:" + shown.Query().Get("port")
	for _, c := range []struct {
		path string
		want int
	}{{"/favicon.ico", 404}, {"/", 404}, {"/?code=c1", 200}} {
		if a, err := http.Get(back + c.path); err != nil || a.StatusCode != c.want {
			t.Errorf("%s: %v %v", c.path, a, err)
		}
	}
	if got := <-status; got != 0 || !strings.Contains(stderr.String(), "You are signed in at "+server.URL) || strings.Contains(stderr.String(), "tacet_s_") {
		t.Fatalf("exit status %d: %s", got, stderr)
	}

	// The session is kept for this address, for this user only.
	file := filepath.Join(home, "tacet", "sessions.json")
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	if got, out, said := at(t, server.URL+"/", "account", "list"); got != 0 || !strings.Contains(out, "Bearer tacet_s_new") {
		t.Errorf("exit status %d: %s %s", got, out, said)
	}
	if got, _, said := at(t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "account", "list"); got != 1 || !strings.Contains(said, "you have not signed in") {
		t.Errorf("another address: exit status %d: %s", got, said)
	}
	if runtime.GOOS != "windows" {
		os.Chmod(file, 0o640)
		if got, _, said := at(t, server.URL, "account", "list"); got != 1 || !strings.Contains(said, "chmod 600") {
			t.Errorf("readable by others: exit status %d: %s", got, said)
		}
		os.Chmod(file, 0o600)
	}

	if got, _, said := at(t, server.URL, "account", "sign-out"); got != 0 || ended != "Bearer tacet_s_new" {
		t.Errorf("exit status %d: %s; %s", got, said, ended)
	}
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "tacet_s_") {
		t.Errorf("kept: %s %v", text, err)
	}
	if got, _, said := at(t, server.URL, "account", "sign-out"); got != 0 || !strings.Contains(said, "no session") {
		t.Errorf("again: exit status %d: %s", got, said)
	}
}

// Who cannot be signed in is told what the platform says, at once: not to sign in first, nor to wait for a browser.
func TestWhoCannotSignInIsToldWhy(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/sessions", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"detail":"this link was used already"}`)
	})
	mux.HandleFunc("GET /v1/sign-in", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"detail":"nobody is signed in by an issuer here"}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for want, args := range map[string][]string{
		"tacet: this link was used already\n":            {server.URL + "/console/#sign-in=X"},
		"tacet: nobody is signed in by an issuer here\n": {"--no-browser"},
	} {
		if status, _, said := at(t, server.URL, append([]string{"account", "sign-in"}, args...)...); status != 1 || said != want {
			t.Errorf("exit status %d: %q, want %q", status, said, want)
		}
	}
}

func TestAnExportIsWholeOrNotThere(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, file := range []struct{ name, text string }{
		{"account.json", "{}"},
		{"manifest.json", `{"files":[{"name":"account.json","bytes":2,"sha256":"` + hash("{}") + `"}]}`},
	} {
		f, _ := w.Create(file.name)
		io.WriteString(f, file.text)
	}
	w.Close()
	folder := t.TempDir()
	file := filepath.Join(folder, "all.zip")
	where := "/v1/accounts/" + acc + "/exports"
	_, status, out, said := manage(t, map[string]string{"POST " + where: `{"request":"r1"}`}, "account", "export", file)
	if left, _ := os.ReadDir(folder); status != 1 || out != "" || len(left) > 0 {
		t.Errorf("nothing came: exit status %d, %v: %s", status, left, said)
	}
	d := &desk{answers: map[string][]string{"POST " + where: {`{"request":"r1"}`}, "GET " + where + "/r1": {b.String()}, "GET /v1/accounts": {`{"items":[{"account":{"id":"` + acc + `"}}]}`}}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	t.Setenv("TACET_URL", server.URL)
	var stdout, stderr bytes.Buffer
	if status := command.Main([]string{"tacet", "account", "export", "--self", "--json", file}, nil, &stdout, &stderr); status != 0 || stdout.String() != `{"request":"r1","volumes":1,"files":1,"bytes":2}`+"\n" {
		t.Errorf("exit status %d: %s %s", status, &stdout, &stderr)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if d.asked[1] != "POST "+where+` {"scope":"self"}` {
		t.Errorf("asked %v", d.asked)
	}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// A deletion is asked for with a phrase, and followed to its certificate without a token: the account is gone by then.
func TestADeletionEndsWithItsCertificate(t *testing.T) {
	t.Chdir(t.TempDir())
	const account = "/v1/accounts/" + acc
	answers := map[string]string{
		"DELETE " + account: `{"request":"r1"}`,
		"GET /v1/deletions/r1": `{"stage":"requested","step":"telemetry"}` + "\n" +
			`{"stage":"completed","certificate":{"request":"r1"}}`,
	}
	d, status, out, said := manage(t, answers, "account", "delete", "--confirm", "delete x abcdef")
	if status != 0 || out != "" || !strings.Contains(said, "verify-deletion tacet-deletion-r1.json") {
		t.Fatalf("exit status %d: %s %s", status, out, said)
	}
	if d.asked[1] != "DELETE "+account+` {"phrase":"delete x abcdef"}` || d.tokens[1] == "" || d.tokens[2] != "" {
		t.Errorf("asked %v with %v", d.asked, d.tokens)
	}
	if text, err := os.ReadFile("tacet-deletion-r1.json"); err != nil || string(text) != "{\"request\":\"r1\"}\n" {
		t.Errorf("%s %v", text, err)
	}
	// One that is there is not overwritten, and the certificate is not lost.
	d, status, out, said = manage(t, answers, "account", "delete", "--confirm", "delete x abcdef")
	if status != 0 || out != "{\"request\":\"r1\"}\n" || !strings.Contains(said, "could not be kept") {
		t.Errorf("exit status %d: %s %s %v", status, out, said, d.asked)
	}
	answers["GET /v1/deletions/r1"] = `{"stage":"failed","step":"directory"}`
	if _, status, _, said = manage(t, answers, "account", "delete", "--confirm", "x"); status != 1 || !strings.Contains(said, "the deletion has failed") {
		t.Errorf("exit status %d: %s", status, said)
	}
	answers["GET /v1/deletions/r1"] = `{"stage":"requested"}`
	if _, status, _, said = manage(t, answers, "account", "delete", "--confirm", "x", "--wait", "1ms"); status != 1 || !strings.Contains(said, "goes on without you; what came of it: tacet account follow-deletion r1 --url http://127.0.0.1:") {
		t.Errorf("exit status %d: %s", status, said)
	}
}
