package standalone

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/account"
	"tacet/infra/config"
	"tacet/infra/httpapi/manage/lifetest"
)

// alive starts a platform that knows its clients by X-Forwarded-For, and in
// which a deletion waits for a second.
func alive(t testing.TB, folder string) (p *Platform, h lifetest.Host, stop func()) {
	t.Helper()
	p, err := Start(config.Standalone{
		Listen: "127.0.0.1:0", Data: folder, Plan: "unlimited", TrustedProxies: 1,
		IdleTimeout: time.Hour, MaxLifetime: time.Hour, IntegrationTimeout: time.Minute,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p.rights.Settle = time.Second // nothing is to be deleted yet
	stop = func() {
		if err := p.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
	return p, lifetest.Host{Base: p.running.HTTP, Session: func(t testing.TB, who account.Identity) string {
		token, _, err := p.accounts.SignIn(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}}, stop
}

// places are the bytes of a data folder, of a platform that has stopped, by
// where they lie: each file as it is, and each version of each record in the
// store, decrypted, its key in front.
func places(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, f fs.DirEntry, err error) error {
		if err != nil || !f.Type().IsRegular() {
			return err
		}
		all["file "+path[len(folder):]], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(all["file /key"])))
	if err != nil {
		t.Fatal(err)
	}
	db, err := badger.Open(badger.DefaultOptions(filepath.Join(folder, "db")).WithEncryptionKey(key).WithIndexCacheSize(2 << 20).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.AllVersions = true
		it := txn.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			value, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			all[fmt.Sprintf("record %q %d", it.Item().Key(), it.Item().Version())] = slices.Concat(it.Item().Key(), []byte("\n"), value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func found(all map[string][]byte, traces lifetest.Traces) (places []string) {
	for where, data := range all {
		if what := traces.Found(data); what != nil {
			places = append(places, fmt.Sprintf("%s: %s", where, what))
		}
	}
	return places
}

// Nothing that people type is in the data folder in clear; and when the account
// is deleted, nothing of it is there at all an hour later, in no version of any
// record.
func TestNothingIsLeftOfALife(t *testing.T) {
	folder := t.TempDir()
	p, h, stop := alive(t, folder)
	l := lifetest.Begin(t, h)
	l.Speak(t, strings.Replace(p.running.WebSocket, string(p.running.App), l.App, 1))
	stop()

	all := places(t, folder)
	for _, place := range found(all, l.Typed) {
		t.Errorf("in clear: %s", place)
	}
	for _, what := range []string{"account", "member", "app", "token", "topic"} {
		if one := (lifetest.Traces{what: l.Ids[what]}); found(all, one) == nil {
			t.Errorf("nothing in the folder names the %s: what is looked for is not what there is", what)
		}
	}
	planted := filepath.Join(folder, "planted")
	text := []byte(`{"name":"` + base64.StdEncoding.EncodeToString(slices.Concat([]byte("x"), l.Typed["first name"])) + `"}`)
	if err := os.WriteFile(planted, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if all := places(t, folder); len(found(all, l.Typed)) != 1 {
		t.Errorf("a planted name was found here: %v", found(all, l.Typed))
	}
	if err := os.Remove(planted); err != nil {
		t.Fatal(err)
	}

	p, h, stop = alive(t, folder)
	l.Host = h
	l.Delete(t)
	l.Mute(t, strings.Replace(p.running.WebSocket, string(p.running.App), l.App, 1))
	// The files give removed records up at once where a whole application or
	// hour goes, and within the hour where a whole part of the directory is empty.
	for n := -1; n != 0; {
		var err error
		if n, err = p.disk.Reclaim(); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	all = places(t, folder)
	for _, place := range slices.Concat(found(all, l.Typed), found(all, l.Ids)) {
		t.Errorf("left: %s", place)
	}
}
