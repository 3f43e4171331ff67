package command

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacet/infra/config"
	"tacet/infra/local/site"
)

// greet returns what is said of a platform at an address, with tokens that are
// easily found.
func greet(t *testing.T, at string, s config.Standalone, tokens bool) string {
	t.Helper()
	t.Setenv("HOME", t.TempDir()) // no other platform of this machine
	t.Setenv("XDG_DATA_HOME", "")
	t.Chdir(t.TempDir())
	const id = "0123456789abcdef0123456789abcdef"
	return greeting{"tacet", &s, site.Running{
		Facts: site.Facts{
			WebSocket: "ws" + at + "/apps/" + id, HTTP: "http" + at, Console: "http" + at + "/console/#app=" + id + "&token=CLIENT",
			App: id, ClientToken: "CLIENT", AdminToken: "ADMIN",
		}, Expires: time.Now(), Session: "SESSION", Link: "http" + at + "/console/#sign-in=LINK",
	}, tokens}.String()
}

const local = "://127.0.0.1:1"

// It ends up in journald and in the logs of containers, where others read it.
func TestTokensAreShownOnATerminalOnly(t *testing.T) {
	for _, c := range []struct {
		settings config.Standalone
		want     string
	}{
		{config.Standalone{Data: "/d"}, "in /d/running.json (mode 0600)"},
		{config.Standalone{Data: "/d"}, "`tacet token --data /d`"},
		{config.Standalone{Memory: true}, "--json prints them on standard output"},
	} {
		shown := greet(t, local, c.settings, true)
		if !strings.Contains(shown, "&token=CLIENT\n") {
			t.Errorf("there is no link for a terminal in\n%s", shown)
		}
		// What can be had from a file does not fill the screen.
		if got := strings.Contains(shown, "client        CLIENT\n") && strings.Contains(shown, "admin         ADMIN\n"); got != c.settings.Memory {
			t.Errorf("tokens are listed: %v in\n%s", got, shown)
		}
		kept := greet(t, local, c.settings, false)
		if !strings.Contains(shown, "account sign-in 'http"+local+"/console/#sign-in=LINK'\n") || strings.Contains(shown+kept, "SESSION") || strings.Contains(kept, "LINK") {
			t.Errorf("the one-time link is for a terminal only, and the session for nobody:\n%s\n%s", shown, kept)
		}
		if strings.Contains(kept, "CLIENT") || strings.Contains(kept, "ADMIN") || !strings.Contains(kept, c.want) {
			t.Errorf("want %q and no token in\n%s", c.want, kept)
		}
	}
}

// Every process of the machine can read the arguments of every other.
func TestLinesToCopyHaveNoTokenAmongTheArguments(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	for _, c := range []struct {
		at       string
		settings config.Standalone
		want     string
	}{
		{local, config.Standalone{Data: "/d"}, "  tacet subscribe --data /d chat\n"},
		{local, config.Standalone{Memory: true}, "  TACET_URL=ws://127.0.0.1:1/apps/" + id + " TACET_TOKEN=CLIENT tacet subscribe chat\n"},
		{"s" + local, config.Standalone{Memory: true, TLSCert: "/c"}, "  SSL_CERT_FILE=/c TACET_URL=wss://127.0.0.1:1/apps/" + id + " TACET_TOKEN=CLIENT tacet subscribe chat\n"},
		// The clients use no such address out of a file.
		{"s://example.org", config.Standalone{Data: "/d", Domain: "example.org"}, "  TACET_URL=wss://example.org/apps/" + id + " TACET_TOKEN=$(tacet token --data /d) tacet subscribe chat\n"},
	} {
		shown := greet(t, c.at, c.settings, true)
		if strings.Contains(shown, "--token") || !strings.Contains(shown, c.want) {
			t.Errorf("want %q and no --token in\n%s", c.want, shown)
		}
	}
}

func TestAccountsAreFoundWhereAFileSaysWhoRunsThem(t *testing.T) {
	for _, c := range []struct {
		at       string
		settings config.Standalone
		want     string
	}{
		{local, config.Standalone{Data: "/d"}, "  tacet app list --data /d\n"},
		{local, config.Standalone{Memory: true}, "  tacet app list --url http://127.0.0.1:1\n"},
		{"s://example.org", config.Standalone{Data: "/d", Domain: "example.org"}, "  tacet app list --url https://example.org\n"},
	} {
		if shown := greet(t, c.at, c.settings, true); !strings.Contains(shown, c.want) {
			t.Errorf("want %q in\n%s", c.want, shown)
		}
	}
	g := greeting{"tacet", &config.Standalone{}, site.Running{}, true} // as on AWS
	if shown := g.String(); strings.Contains(shown, "app list") {
		t.Errorf("there are no accounts, and they are offered in\n%s", shown)
	}
}

// What is called by a relative path is called from the folder at hand, where
// the other commands look by themselves.
func TestTheDataFolderIsNamedWhereItIsNotFound(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_DATA_HOME", "")
	t.Chdir(t.TempDir())
	data := folders("")[1] // .tacet here
	if err := errors.Join(os.Mkdir(data, 0o700), os.WriteFile(filepath.Join(data, noteName), []byte("{}"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for program, want := range map[string]string{
		filepath.Join(".build", "tacet"): "", goRun: "", "tacet": " --data " + quote(data), filepath.Join(t.TempDir(), "tacet"): " --data " + quote(data),
	} {
		if got := (greeting{program: program, settings: &config.Standalone{Data: data}}).data(); got != want {
			t.Errorf("%s: got %q, want %q", program, got, want)
		}
	}
}
