package vault_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"tacet/core/seal"
	"tacet/infra/vault"
)

func TestAKeyFileIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	if _, err := vault.OpenKeyFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
	var mu sync.Mutex
	names := map[string]bool{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			f, err := vault.MakeKeyFile(path)
			if err != nil {
				t.Errorf("MakeKeyFile: %v", err)
				return
			}
			name, err := f.Current(t.Context())
			if err != nil {
				t.Errorf("Current: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			names[name] = true
		})
	}
	all.Wait()
	if len(names) != 1 {
		t.Errorf("%d keys were made", len(names))
	}
	files, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	if len(files) != 1 {
		t.Errorf("%d files are left", len(files))
	}
	info, err := os.Stat(path)
	must(t, err)
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v", info.Mode())
	}
}

func TestAKeyFileThatCannotBeTrustedIsRefused(t *testing.T) {
	good := strings.Repeat("0123456789abcdef", 4)
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"readable by others":        {good + "\n", 0o644, "chmod 600"},
		"readable by the group":     {good + "\n", 0o640, "chmod 600"},
		"writable by others":        {good + "\n", 0o602, "chmod 600"},
		"cut":                       {good[:63], 0o600, "damaged"},
		"no hex":                    {"MARKER" + good[6:], 0o600, "damaged"},
		"a second line that is cut": {good + "\n" + good[:10], 0o600, "damaged"},
		"empty":                     {"", 0o600, "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && c.says == "chmod 600" {
				t.Skip("there are no such modes")
			}
			path := filepath.Join(t.TempDir(), "master")
			must(t, os.WriteFile(path, []byte(c.text), c.mode))
			must(t, os.Chmod(path, c.mode))
			_, err := vault.OpenKeyFile(path)
			if !errors.Is(err, vault.ErrKeyFile) || !strings.Contains(err.Error(), c.says) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %v", err)
			} else if strings.Contains(err.Error(), "0123") || strings.Contains(err.Error(), "MARKER") {
				t.Errorf("the error quotes the file: %v", err)
			}
		})
	}
}

func TestANewKeyFileIsNotMadeForOldRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	w := newWorld(nil)
	f, err := vault.KeyFileFor(t.Context(), w.memory, path)
	must(t, err)
	w.master = f
	must(t, w.vault().Create(t.Context(), alice))
	_, err = vault.KeyFileFor(t.Context(), w.memory, path)
	must(t, err)

	must(t, os.Remove(path))
	if _, err = vault.KeyFileFor(t.Context(), w.memory, path); !errors.Is(err, vault.ErrKeyFile) || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v", err)
	}
	must(t, w.vault().Destroy(t.Context(), alice))
	if _, err = vault.KeyFileFor(t.Context(), w.memory, path); err != nil {
		t.Errorf("without records: %v", err)
	}
}

func TestAKeyThatIsAddedWrapsForEverybodyAndTheOldOneUnwraps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	here, err := vault.MakeKeyFile(path)
	must(t, err)
	there, err := vault.OpenKeyFile(path)
	must(t, err)
	before, old, err := here.Wrap(t.Context(), []byte("key"), alice)
	must(t, err)

	must(t, here.Add())
	after, fresh, err := there.Wrap(t.Context(), []byte("key"), alice)
	must(t, err)
	if before == after {
		t.Error("another process still wraps with the old key")
	}
	for _, f := range []*vault.KeyFile{here, there} {
		for name, wrapped := range map[string][]byte{before: old, after: fresh} {
			if got, err := f.Unwrap(t.Context(), name, wrapped, alice); err != nil || string(got) != "key" {
				t.Errorf("Unwrap: %q, %v", got, err)
			}
			if _, err := f.Unwrap(t.Context(), name, wrapped, bob); !errors.Is(err, seal.ErrSealed) {
				t.Errorf("Unwrap for another owner: %v", err)
			}
		}
	}

	must(t, there.Drop())
	again, err := vault.OpenKeyFile(path)
	must(t, err)
	if _, err := again.Unwrap(t.Context(), before, old, alice); !errors.Is(err, vault.ErrNoMaster) {
		t.Errorf("with a key that was dropped: %v", err)
	}
	if _, err := again.Unwrap(t.Context(), after, fresh, alice); err != nil {
		t.Errorf("with the key that stayed: %v", err)
	}
}

func TestAProcessThatOpenedTheFileBeforeAKeyWasAddedReadsItAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	here, err := vault.MakeKeyFile(path)
	must(t, err)
	there, err := vault.OpenKeyFile(path)
	must(t, err)
	must(t, here.Add())
	name, wrapped, err := here.Wrap(t.Context(), []byte("key"), alice)
	must(t, err)
	if got, err := there.Unwrap(t.Context(), name, wrapped, alice); err != nil || string(got) != "key" {
		t.Errorf("Unwrap: %q, %v", got, err)
	}
}

func TestTwoDoNotChangeAKeyFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	f, err := vault.MakeKeyFile(path)
	must(t, err)
	before, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+".new", nil, 0o600))
	if err := f.Add(); !errors.Is(err, vault.ErrKeyFile) || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("got %v", err)
	}
	after, err := os.ReadFile(path)
	must(t, err)
	if string(before) != string(after) {
		t.Error("the file has changed")
	}
	must(t, os.Remove(path+".new"))
	must(t, f.Add())
}
