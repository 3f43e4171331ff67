package standalone

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/infra/config"
	"tacet/infra/embedded"
	"tacet/infra/local/site"
)

// before unpacks a data folder that was written before there were accounts, by the program of that time: with a
// development application whose violations are errors, and a shop.
func before(t *testing.T) string {
	t.Helper()
	packed, err := os.ReadFile("testdata/before.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return folder
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			data, _ := io.ReadAll(r)
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

const shop = app.ID("5b0c0ffee5b0c0ffee5b0c0ffee5b0c0")

// start starts a platform on a folder, which ends with the test unless stop is called before.
func start(t *testing.T, folder string) (p *Platform, stop func()) {
	t.Helper()
	p, err := Start(config.Standalone{
		Listen: "127.0.0.1:0", Data: folder, Memory: folder == "", Plan: "unlimited",
		IdleTimeout: time.Hour, MaxLifetime: time.Hour, IntegrationTimeout: time.Minute,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			if err := p.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return p, stop
}

// holds returns an error that says what of the former folder's applications is not as it was.
func holds(t *testing.T, p *Platform) {
	t.Helper()
	ctx := t.Context()
	development, err := p.apps.App(ctx, p.running.App)
	if err != nil || development.Settings.Violations != app.ViolationsError || development.Plan != plan.Unlimited {
		t.Errorf("the development application is %+v, %v", development, err)
	}
	a, err := p.apps.App(ctx, shop)
	if err != nil {
		t.Fatal(err)
	}
	if a.Plan != plan.Team || a.Settings != (app.Settings{Expiry: app.ExpiryEnforce, BlindTopics: true}) || a.Account != development.Account {
		t.Errorf("the shop is %+v", a)
	}
	ring, err := p.apps.Ring(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	for kind, secret := range map[grant.Kind]string{
		grant.Client: "the shop's own secret for its clients", grant.Admin: "the shop's own secret for its servers, which is longer than 64 b",
	} {
		algorithm := map[grant.Kind]grant.Algorithm{grant.Client: grant.HS256, grant.Admin: grant.HS512}[kind]
		key, err := grant.ParseSigningKey(algorithm, secret)
		if err != nil {
			t.Fatal(err)
		}
		token, err := grant.Sign(key, grant.Claims{Subject: "alice", Issued: time.Now(), Expires: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := ring.Keys(ctx, kind, time.Now(), nil, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := grant.Verify(keys, token, time.Now()); err != nil {
			t.Errorf("a %s token of before is refused: %v", kind, err)
		}
	}
	who, err := p.accounts.Authenticate(ctx, p.running.Session, privacy.ParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.accounts.In(ctx, who, a.Account)
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := c.Apps(ctx, account.Page{})
	names := map[string]bool{}
	for _, x := range all {
		names[x.Name] = true
	}
	if err != nil || len(all) != 2 || !names["development"] || !names["Shop ☕"] {
		t.Errorf("the account has %+v, %v", all, err)
	}
}

func TestApplicationsOfBeforeAreTakenOverOnce(t *testing.T) {
	folder := before(t)
	p, stop := start(t, folder)
	holds(t, p)
	was := p.running
	stop()
	p, _ = start(t, folder)
	holds(t, p)
	if p.running.App != was.App || !p.running.ClientKey.Secret.Equal(was.ClientKey.Secret) {
		t.Error("another development application")
	}
	if err := p.disk.Former(t.Context(), func([]byte) error { return errors.New("one is left") }); err != nil {
		t.Error(err)
	}
}

// Wherever the process ends, the next one goes on.
func TestTakingOverMayBeInterrupted(t *testing.T) {
	folder := before(t)
	for made := range 3 { // how many applications are made, and not forgotten where they were, before the end comes
		disk, err := embedded.Open(embedded.Options{Folder: folder, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		p := &Platform{disk: disk, log: slog.New(slog.DiscardHandler)}
		p.folder = site.Folder(folder)
		if err := p.openAccounts(t.Context()); err != nil {
			t.Fatal(err)
		}
		n := 0
		err = disk.Former(t.Context(), func(data []byte) error {
			if n++; n > made {
				return errors.New("the end")
			}
			return take(t.Context(), p.accounts, data)
		})
		if n <= made && err != nil || n > made && (err == nil || !strings.Contains(err.Error(), "the end")) {
			t.Errorf("%d: %v", made, err)
		}
		// The worst: it was made, and the end comes before it is forgotten.
		_ = disk.Former(t.Context(), func(data []byte) error {
			return errors.Join(take(t.Context(), p.accounts, data), errors.New("the end"))
		})
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
	}
	p, _ := start(t, folder)
	holds(t, p)
}

func TestARecordThatIsDamagedSaysNothingOfItself(t *testing.T) {
	err := take(t.Context(), nil, []byte(`{"keys":"hush"}`))
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Error(err)
	}
}

func TestAnApplicationWhoseNameCannotBeIsCalledSomethingElse(t *testing.T) {
	p, _ := start(t, "")
	for i, name := range []string{"", strings.Repeat("x", 200)} {
		id := app.ID(strings.Repeat("0", 31) + string(rune('1'+i)))
		if err := take(t.Context(), p.accounts, []byte(`{"id":"`+string(id)+`","name":"`+name+`","plan":"free"}`)); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if a, err := p.apps.App(t.Context(), id); err != nil || a.Plan != plan.Free {
			t.Errorf("%q: %+v %v", name, a, err)
		}
	}
}
