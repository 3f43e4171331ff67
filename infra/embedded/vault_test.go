package embedded_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacet/core/directory"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/embedded"
)

func dataKey(owner string) directory.Key {
	return directory.Key{Part: directory.Part{Kind: 'k', ID: owner}, Name: directory.Only}
}

func mustApply(t *testing.T, d directory.Directory, changes ...directory.Change) directory.Version {
	t.Helper()
	v, err := d.Apply(t.Context(), changes...)
	must(t, err)
	return v
}

// keep puts values for owners.
func keep(t *testing.T, d directory.Directory, values map[string]string) {
	t.Helper()
	for owner, value := range values {
		mustApply(t, d, directory.Put(dataKey(owner), []byte(value), time.Time{}, directory.IfAbsent))
	}
}

func wantKept(t *testing.T, d directory.Directory, owner, want string) {
	t.Helper()
	r, err := d.Get(t.Context(), dataKey(owner))
	if want == "" && !errors.Is(err, directory.ErrAbsent) || want != "" && (err != nil || string(r.Value) != want) {
		t.Errorf("%s has %q, %v; want %q", owner, r.Value, err, want)
	}
}

func TestWhatLeavesTheVaultIsNowhereInTheFolder(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	keep(t, d.Vault, map[string]string{"gone": "planted-destroyed", "replaced": "planted-old", "stays": "planted-kept"})
	mustApply(t, d.Vault, directory.Put(dataKey("ends"), []byte("planted-ends"), clock.Now().Add(time.Hour), directory.Always))

	file := filepath.Join(folder, "vault")
	before, err := os.ReadFile(file)
	must(t, err)
	old, err := os.Open(file) // stays open, to see what becomes of its bytes
	must(t, err)
	defer func() { must(t, old.Close()) }()

	clock.Advance(time.Hour)
	mustApply(t, d.Vault, directory.Delete(dataKey("gone"), directory.IfPresent), directory.Put(dataKey("replaced"), []byte("new"), time.Time{}, directory.Always))
	left := make([]byte, len(before))
	if n, err := old.ReadAt(left, 0); n != len(before) || !bytes.Equal(left, make([]byte, len(before))) {
		t.Errorf("the old file was not overwritten: %d bytes, %v", n, err)
	}
	search(t, folder, []string{"planted-destroyed", "planted-old", "planted-ends"})
	if data, err := os.ReadFile(file); err != nil || !bytes.Contains(data, []byte("planted-kept")) {
		t.Errorf("the file does not hold what stays, so nothing was searched: %v", err)
	}
	mustClose(t, d)
	d = open(t, embedded.Options{Folder: folder, Now: clock.Now})
	for owner, want := range map[string]string{"gone": "", "ends": "", "replaced": "new", "stays": "planted-kept"} {
		wantKept(t, d.Vault, owner, want)
	}
}

// What was handed out stays as it was, though the vault overwrites its own.
func TestWhatWasReadFromTheVaultIsTheReaders(t *testing.T) {
	d := open(t, embedded.Options{})
	keep(t, d.Vault, map[string]string{"a": "value"})
	r, err := d.Vault.Get(t.Context(), dataKey("a"))
	must(t, err)
	page, _, err := d.Vault.List(t.Context(), dataKey("a").Part, "", "", 10)
	must(t, err)
	mustApply(t, d.Vault, directory.Remove(r))
	if string(r.Value) != "value" || string(page[0].Value) != "value" {
		t.Errorf("a reader now has %q and %q", r.Value, page[0].Value)
	}
}

// A replacement can be interrupted at three points: each leaves the old content
// or the new.
func TestAChangeOfTheVaultThatWasInterruptedHasHappenedOrNot(t *testing.T) {
	old, fresh := map[string]string{"a": "old"}, map[string]string{"a": "new", "b": "new"}
	content := func(values map[string]string) []byte {
		folder := t.TempDir()
		d := open(t, embedded.Options{Folder: folder})
		keep(t, d.Vault, values)
		mustClose(t, d)
		data, err := os.ReadFile(filepath.Join(folder, "vault"))
		must(t, err)
		return data
	}
	oldFile, newFile := content(old), content(fresh)
	for name, c := range map[string]struct {
		file, fresh []byte
		want        map[string]string
	}{
		"while writing the new file":        {oldFile, newFile[:len(newFile)-3], old},
		"before the old one is overwritten": {oldFile, newFile, fresh},
		"before the new one gets its name":  {make([]byte, len(oldFile)), newFile, fresh},
		"while the first is written":        {nil, newFile[:len(newFile)-3], nil},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if c.file != nil {
				must(t, os.WriteFile(filepath.Join(folder, "vault"), c.file, 0o600))
			}
			must(t, os.WriteFile(filepath.Join(folder, "vault.new"), c.fresh, 0o600))
			d := open(t, embedded.Options{Folder: folder})
			for _, owner := range []string{"a", "b"} {
				wantKept(t, d.Vault, owner, c.want[owner])
			}
			if _, err := os.Stat(filepath.Join(folder, "vault.new")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the new file still lies about: %v", err)
			}
		})
	}
}

func TestAVaultThatCannotBeUsedIsSaidToBe(t *testing.T) {
	for _, c := range []struct {
		name, says string
		spoil      func(t *testing.T, file string)
	}{
		{"others may read it", "chmod 600", func(t *testing.T, file string) { must(t, os.Chmod(file, 0o640)) }},
		{"it is damaged", "damaged", func(t *testing.T, file string) {
			data, err := os.ReadFile(file)
			must(t, err)
			data[len(data)-1]++
			must(t, os.WriteFile(file, data, 0o600))
		}},
		{"it is cut short", "damaged", func(t *testing.T, file string) { must(t, os.Truncate(file, 40)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			d := open(t, embedded.Options{Folder: folder})
			keep(t, d.Vault, map[string]string{"a": "planted"})
			mustClose(t, d)
			c.spoil(t, filepath.Join(folder, "vault"))
			d, err := embedded.Open(embedded.Options{Folder: folder, Now: time.Now})
			if err == nil {
				mustClose(t, d)
			}
			if !errors.Is(err, embedded.ErrVault) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "planted") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A change that failed leaves the vault as it was, and may be tried again.
func TestAVaultThatCannotBeWrittenSaysSo(t *testing.T) {
	folder := t.TempDir()
	d := open(t, embedded.Options{Folder: folder})
	keep(t, d.Vault, map[string]string{"a": "value"})
	must(t, os.Mkdir(filepath.Join(folder, "vault.new"), 0o700)) // nothing can be written
	if _, err := d.Vault.Apply(t.Context(), directory.Delete(dataKey("a"), directory.Always)); err == nil {
		t.Error("what is still in the file is said to be gone")
	}
	wantKept(t, d.Vault, "a", "value")
	must(t, os.Remove(filepath.Join(folder, "vault.new")))
	mustApply(t, d.Vault, directory.Delete(dataKey("a"), directory.Always))
	wantKept(t, d.Vault, "a", "")
}
