package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"tacet/infra/config"
)

// parse reads flags as the command does.
func parse(t *testing.T, args ...string) (config.Standalone, error) {
	t.Helper()
	var cli struct {
		config.Standalone
	}
	k, err := kong.New(&cli, kong.Vars{"data": "somewhere", "plans": config.Plans()}, kong.Exit(func(int) { t.Fatal("exits") }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(args)
	return cli.Standalone, err
}

func TestDefaultsAreThoseOfTheManual(t *testing.T) {
	got, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Standalone{
		Listen: "127.0.0.1:8080", LogLevel: "info", Plan: "unlimited", MinGroup: 5,
		IdleTimeout: 10 * time.Minute, MaxLifetime: 2 * time.Hour, IntegrationTimeout: 29 * time.Second,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEveryFlagHasItsVariable(t *testing.T) {
	for _, settings := range []reflect.Type{reflect.TypeFor[config.Standalone](), reflect.TypeFor[config.AWS](), reflect.TypeFor[config.OIDC]()} {
		haveVariables(t, settings)
	}
}

func haveVariables(t *testing.T, settings reflect.Type) {
	t.Helper()
	for field := range settings.Fields() {
		if field.Anonymous {
			continue
		}
		flag := field.Tag.Get("name")
		if flag == "" {
			flag = kebab(field.Name)
		}
		want := "TACET_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
		if got := field.Tag.Get("env"); got != want {
			t.Errorf("%s: variable %q, want %q", field.Name, got, want)
		}
		if field.Tag.Get("help") == "" {
			t.Errorf("%s has no help", field.Name)
		}
	}
}

func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

func TestVariablesAreReadAndFlagsWin(t *testing.T) {
	t.Setenv("TACET_LISTEN", "127.0.0.1:1")
	t.Setenv("TACET_MEMORY", "true")
	t.Setenv("TACET_IDLE_TIMEOUT", "3s")
	got, err := parse(t, "--listen", "127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != "127.0.0.1:2" || !got.Memory || got.IdleTimeout != 3*time.Second {
		t.Errorf("got %+v", got)
	}
}

func TestWrongUseSaysWhatToDo(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--listen 8080", "HOST:PORT"},
		{"--listen 127.0.0.1:http", "number"},
		{"--listen 127.0.0.1:65536", "number"},
		{"--listen 0.0.0.0:8080", "--insecure"},
		{"--listen :8080", "--tls-cert FILE"},
		{"--listen [::]:8080", "--domain NAME"},
		{"--listen 192.0.2.1:8080", "127.0.0.1"},
		{"--listen somewhere:8080", "--insecure"},
		{"--tls-cert a", "say both"},
		{"--tls-key a", "say both"},
		{"--tls-cert a --tls-key b --domain example.org", "exclude"},
		{"--domain localhost", "host name"},
		{"--domain 192.0.2.1", "host name"},
		{"--domain=-a.org", "host name"},
		{"--domain a..org", "host name"},
		{"--domain https://a.org", "host name"},
		{"--domain example.org --memory", "leave out --memory"},
		{"--domain example.org --insecure", "contradicts"},
		{"--tls-cert a --tls-key b --insecure", "contradicts"},
		{"--trusted-proxies=-1", "begins at 0"},
		{"--min-group=-1", "groups of 1 to 16"},
		{"--min-group 17", "groups of 1 to 16"},
		{"--trusted-proxies some", "trusted-proxies"},
		{"--country-header=CF:IPCountry", "name of a header"},
		{"--idle-timeout 0s", "longer than zero"},
		{"--max-lifetime=-1s", "longer than zero"},
		{"--max-lifetime=24h", "longer than the 2h0m0s"},
		{"--integration-timeout 0s", "longer than zero"},
		{"--idle-timeout 10", "duration"},
		{"--plan gold", "free"},
		{"--log-level loud", "debug"},
		{"--log-format xml", "json"},
		{"--oidc-client-id x", "say --oidc-issuer"},
		{"--oidc-issuer https://login.example.org", "needs --oidc-client-id"},
		{"--oidc-client-id x --oidc-issuer http://login.example.org", "https://"},
		{"--oidc-client-id x --oidc-issuer https://u:p@login.example.org", "https://"},
	} {
		if _, err := parse(t, strings.Fields(c.args)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.args, err, c.want)
		}
	}
}

func TestRightUseIsAccepted(t *testing.T) {
	for _, args := range []string{
		"--listen 127.0.0.1:0", "--listen 127.9.9.9:80", "--listen [::1]:80", "--listen localhost:80", "--listen LOCALHOST:80",
		"--listen [::ffff:127.0.0.1]:80",
		"--listen 0.0.0.0:80 --insecure", "--listen :443 --domain example.org", "--listen :443 --tls-cert a --tls-key b",
		"--memory", "--trusted-proxies 2", "--country-header CF-IPCountry", "--listen 0.0.0.0:80 --insecure --trusted-proxies 1", "--data x --memory", "--plan free", "--log-format json",
		"--oidc-issuer https://login.example.org/a --oidc-client-id x --oidc-client-secret y", "--oidc-issuer http://127.0.0.1:9 --oidc-client-id x",
	} {
		if _, err := parse(t, strings.Fields(args)...); err != nil {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// What is allowed to somebody who has the machine for himself must not be
// allowed to strangers because a proxy on the machine lets them in.
func TestAHostBehindAProxyIsNotLocal(t *testing.T) {
	for args, want := range map[string]bool{
		"": true, "--listen [::1]:80": true, "--listen localhost:0": true,
		"--trusted-proxies 1": false, "--listen 0.0.0.0:80 --insecure": false,
	} {
		s, err := parse(t, strings.Fields(args)...)
		if err != nil || s.Local() != want {
			t.Errorf("%q: got %v %v", args, s.Local(), err)
		}
	}
}

func TestUserDataIsWhereThePlatformPutsIt(t *testing.T) {
	// An absolute path of the system that runs the test.
	root, err := filepath.Abs(string(os.PathSeparator))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"HOME": filepath.Join(root, "h"), "LOCALAPPDATA": filepath.Join(root, "l")}
	for _, c := range []struct{ goos, xdg, want string }{
		{"linux", "", filepath.Join(root, "h", ".local", "share", "tacet")},
		{"linux", filepath.Join(root, "x"), filepath.Join(root, "x", "tacet")},
		{"linux", "relative", filepath.Join(root, "h", ".local", "share", "tacet")},
		{"darwin", "", filepath.Join(root, "h", "Library", "Application Support", "tacet")},
		{"windows", "", filepath.Join(root, "l", "tacet")},
	} {
		env["XDG_DATA_HOME"] = c.xdg
		if got := config.UserData(c.goos, func(k string) string { return env[k] }); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
	if got := config.UserData("linux", func(string) string { return "" }); got != "" {
		t.Errorf("without a home: got %q", got)
	}
}
