package embedded_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"tacet/core/directory"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/seal"
	"tacet/core/seal/sealtest"
	"tacet/infra/embedded"
	"tacet/infra/vault"
)

// vaultOf returns the vault of stores on disk, whose master key lies beside
// them.
func vaultOf(t *testing.T, d *embedded.Disk) *vault.Vault {
	t.Helper()
	master, err := vault.KeyFileFor(t.Context(), d.Vault, filepath.Join(d.Folder(), "master"))
	must(t, err)
	return vault.New(vault.Options{Directory: d.Vault, Master: master, Now: pubsubtest.NewClock().Now})
}

func TestDataKeysAreKeptAsTheirContractSays(t *testing.T) {
	sealtest.TestVault(t, func(t *testing.T) seal.Vault {
		return vaultOf(t, open(t, embedded.Options{Folder: t.TempDir()}))
	})
}

// A deletion is not undone by what was backed up before.
func TestWhatWasSealedForADeletedAccountDoesNotOpenAfterARestoration(t *testing.T) {
	folder := t.TempDir()
	d := open(t, embedded.Options{Folder: folder})
	keys := vaultOf(t, d)
	for _, owner := range []string{"deleted", "stays"} {
		must(t, keys.Create(t.Context(), owner))
		s, err := keys.Sealer(t.Context(), owner)
		must(t, err)
		k := directory.Key{Part: directory.Part{Kind: 'o', ID: owner}, Name: "account"}
		sealed, err := s.Seal([]byte("a name"), k.String())
		must(t, err)
		mustApply(t, d.Directory, directory.Put(k, sealed, time.Time{}, directory.IfAbsent))
	}
	opens := func(d *embedded.Disk, owner string) error {
		t.Helper()
		k := directory.Key{Part: directory.Part{Kind: 'o', ID: owner}, Name: "account"}
		r, err := d.Directory.Get(t.Context(), k)
		must(t, err)
		s, err := vaultOf(t, d).Sealer(t.Context(), owner)
		if err != nil {
			return err
		}
		if plain, err := s.Open(r.Value, k.String()); err != nil || string(plain) != "a name" {
			t.Errorf("%s opens as %q, %v", owner, plain, err)
		}
		return nil
	}
	before := map[string][]byte{
		"without the vault": backUp(t, d, embedded.BackupOptions{}),
		"with the vault":    backUp(t, d, embedded.BackupOptions{Vault: true}),
	}
	must(t, opens(d, "deleted"))
	must(t, keys.Destroy(t.Context(), "deleted"))
	for name, backup := range before {
		mustClose(t, d)
		_, err := embedded.Restore(t.Context(), embedded.RestoreOptions{Folder: folder, Replace: true}, bytes.NewReader(backup))
		must(t, err)
		d = open(t, embedded.Options{Folder: folder})
		if err := opens(d, "deleted"); !errors.Is(err, seal.ErrNoKey) {
			t.Errorf("%s: what was deleted opens: %v", name, err)
		}
		must(t, opens(d, "stays"))
	}

	// Elsewhere, only who has the vault can read anything.
	bare, whole := backUp(t, d, embedded.BackupOptions{}), backUp(t, d, embedded.BackupOptions{Vault: true})
	other := copyOf(t, folder, "key", "master")
	restore(t, other, bare)
	if err := opens(open(t, embedded.Options{Folder: other}), "stays"); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("without the vault it opens: %v", err)
	}
	other = copyOf(t, folder, "key", "master")
	restore(t, other, whole)
	must(t, opens(open(t, embedded.Options{Folder: other}), "stays"))
}
