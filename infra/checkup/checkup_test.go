package checkup_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tacet/infra/checkup"
)

// bad returns what is bad, as text.
func bad(all []checkup.Finding) string {
	var b strings.Builder
	for _, f := range all {
		if f.State == checkup.Bad {
			b.WriteString(f.What + ": " + f.Is + " → " + f.Do + "\n")
		}
		if f.State != checkup.Good && f.Do == "" {
			b.WriteString(f.What + ": nobody says what to do\n")
		}
	}
	return b.String()
}

// filled returns a data folder as a platform leaves it.
func filled(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	for name, text := range map[string]string{"key": strings.Repeat("ab", 32), "master": strings.Repeat("cd", 32) + "\n" + strings.Repeat("ef", 32), "vault": "x", "db/MANIFEST": "x"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(data, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

func TestAMachineAsItShouldBeIsHealthy(t *testing.T) {
	for _, data := range []string{filled(t), filepath.Join(t.TempDir(), "not", "yet"), ""} {
		all := checkup.Machine("127.0.0.1:0", data, time.Now())
		if text := bad(all); text != "" || !checkup.Healthy(all) {
			t.Errorf("%q: %s", data, text)
		}
	}
}

func TestWhatIsWrongIsToldWithWhatToDo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rights are otherwise")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		listen string
		spoil  func(data string) error
		now    time.Time
		want   string
	}{
		"port taken":        {listen: taken.Addr().String(), want: "another port"},
		"clock wrong":       {now: time.Unix(0, 0), want: "timedatectl"},
		"folder open":       {spoil: func(d string) error { return os.Chmod(d, 0o755) }, want: "chmod 700"},
		"file open":         {spoil: func(d string) error { return os.Chmod(filepath.Join(d, "master"), 0o644) }, want: "others may read master"},
		"key missing":       {spoil: func(d string) error { return os.Remove(filepath.Join(d, "key")) }, want: "put a copy of it back"},
		"master missing":    {spoil: func(d string) error { return os.Remove(filepath.Join(d, "master")) }, want: "master cannot be read"},
		"key damaged":       {spoil: func(d string) error { return os.WriteFile(filepath.Join(d, "key"), []byte("ab"), 0o600) }, want: "key is damaged"},
		"a file in its way": {spoil: func(d string) error { must(os.RemoveAll(d)); return os.WriteFile(d, nil, 0o600) }, want: "move it away"},
	} {
		data := filled(t)
		if c.spoil != nil {
			must(c.spoil(data))
		}
		if c.listen == "" {
			c.listen = "127.0.0.1:0"
		}
		if c.now.IsZero() {
			c.now = time.Now()
		}
		all := checkup.Machine(c.listen, data, c.now)
		if text := bad(all); !strings.Contains(text, c.want) || checkup.Healthy(all) || strings.Contains(text, "nobody says") {
			t.Errorf("%s: %q does not say %q", name, text, c.want)
		}
	}
}

func TestAPlatformIsAskedHowItIs(t *testing.T) {
	now := time.Now()
	ready, off := http.StatusOK, time.Duration(0)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", now.Add(off).UTC().Format(http.TimeFormat))
		switch r.URL.Path {
		case "/readyz":
			w.WriteHeader(ready)
		case "/v1/openapi.json":
			w.Write([]byte(`{"info":{"version":"1.2"}}`))
		}
	}))
	defer s.Close()
	ask := func() []checkup.Finding {
		return checkup.Platform(t.Context(), s.Client(), s.URL, func() time.Time { return now })
	}
	if text := bad(ask()); text != "" {
		t.Error(text)
	}
	off = 2 * time.Minute
	if text := bad(ask()); !strings.Contains(text, "set the clock") {
		t.Errorf("two minutes apart: %q", text)
	}
	off, ready = 0, http.StatusServiceUnavailable
	if text := bad(ask()); !strings.Contains(text, "ready") {
		t.Errorf("not ready: %q", text)
	}
	s.Close()
	if text := bad(ask()); !strings.Contains(text, "nobody answers") {
		t.Errorf("not there: %q", text)
	}
}
