package standalone

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/privacy"
	"tacet/infra/config"
	"tacet/infra/httpapi/manage"
	"tacet/infra/httpapi/manage/matrixtest"
	"tacet/infra/local/site"
)

// What the API of accounts answers to whom is the same here, over the stores of this host, as over those in memory.
func TestMatrix(t *testing.T) {
	p, _ := start(t, "")
	api, err := p.api(&config.Standalone{Listen: "127.0.0.1:0"}, p.running.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	fast := manage.Rate{PerSecond: 1e6, Burst: 1e6}
	api.Limits = manage.Limits{Principal: fast, Client: fast, SignIn: fast}
	server := httptest.NewServer(api.Handler())
	defer server.Close()
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	matrixtest.Test(t, matrixtest.Host{
		Base: server.URL, Client: client,
		Session: func(t testing.TB, who account.Identity) string {
			token, _, err := p.accounts.SignIn(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			return token
		},
	})
}

// post posts to a platform, and returns the status and what of the answer is asked for.
func post(t *testing.T, p *Platform, path, token, body string, into any) int {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.running.HTTP+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, _ := io.ReadAll(a.Body)
	if into != nil && json.Unmarshal(text, into) != nil {
		t.Fatalf("%s: %s", a.Status, text)
	}
	return a.StatusCode
}

func TestALinkSignsInWhoRunsThePlatformOnce(t *testing.T) {
	p, _ := start(t, "")
	secretOf := func(link string) string {
		at, secret, ok := strings.Cut(link, "#"+site.SignInFragment)
		if !ok || at != p.running.HTTP+site.ConsolePath {
			t.Fatalf("the link is %s", link)
		}
		return secret
	}
	signIn := func(link string) (status int, token string) {
		var s struct{ Token string }
		status = post(t, p, "/v1/sessions", "", `{"link":"`+secretOf(link)+`"}`, &s)
		return status, s.Token
	}
	status, token := signIn(p.running.Link)
	if status != http.StatusCreated {
		t.Fatalf("the first time: %d", status)
	}
	if status, _ := signIn(p.running.Link); status != http.StatusUnauthorized {
		t.Errorf("the second time: %d", status)
	}
	who, err := p.accounts.Authenticate(t.Context(), token, privacy.ParseAddr("127.0.0.1"))
	if err != nil || who.Identity != site.Operator {
		t.Errorf("signed in is %+v, %v", who, err)
	}

	var made struct {
		Link    string
		Expires time.Time
	}
	if status := post(t, p, "/v1/links", token, "", &made); status != http.StatusCreated || time.Until(made.Expires) > site.LinkLife {
		t.Errorf("%d %+v", status, made)
	}
	if status, _ := signIn(made.Link); status != http.StatusCreated {
		t.Errorf("another link: %d", status)
	}
	stranger, _, err := p.accounts.SignIn(t.Context(), account.Identity{Issuer: "https://issuer.example", Subject: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if status := post(t, p, "/v1/links", stranger, "", nil); status != http.StatusForbidden {
		t.Errorf("for somebody else: %d", status)
	}
	if status := post(t, p, "/v1/links", "", "", nil); status != http.StatusUnauthorized {
		t.Errorf("for anybody: %d", status)
	}
}

// What the folder holds in clear is for its owner, and of accounts there is nothing.
func TestFilesOfAccountsAreForTheirOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes")
	}
	folder := t.TempDir()
	p, stop := start(t, folder)
	who, err := p.accounts.Authenticate(t.Context(), p.running.Session, privacy.ParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.accounts.Create(t.Context(), who, account.Profile{FullName: "Lovelace-in-clear", Email: "clear@example.org"}, ""); err != nil {
		t.Fatal(err)
	}
	noted, err := site.ReadRunning(folder)
	if err != nil || noted.Session != p.running.Session || noted.Link != "" {
		t.Errorf("noted is %+v, %v", noted, err)
	}
	for _, name := range []string{masterFile, "vault", "running.json"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	stop()
	err = filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("in-clear")) || bytes.Contains(text, []byte("clear@example")) {
			t.Errorf("%s holds a name in clear", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	// Without the key that wraps the others nothing starts: it would hide that the key is missing.
	if err := os.Remove(filepath.Join(folder, masterFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(config.Standalone{Listen: "127.0.0.1:0", Data: folder, Plan: "unlimited"}, p.log); err == nil || !strings.Contains(err.Error(), masterFile) {
		t.Errorf("without %s: %v", masterFile, err)
	}
}
