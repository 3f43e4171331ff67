package embedded_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tacet/core/directory"
	"tacet/core/ledger/ledgertest"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/embedded"
)

// backUp returns a backup of stores.
func backUp(t *testing.T, d *embedded.Disk, o embedded.BackupOptions) []byte {
	t.Helper()
	var file bytes.Buffer
	s, err := d.Backup(t.Context(), &file, o)
	must(t, err)
	seen, err := embedded.VerifyBackup(t.Context(), d.Folder(), bytes.NewReader(file.Bytes()))
	if err != nil || seen.SHA256 != s.SHA256 || seen.Bytes != s.Bytes || fmt.Sprint(seen.Counts) != fmt.Sprint(s.Counts) {
		t.Fatalf("written: %+v; read: %+v, %v", s, seen, err)
	}
	return file.Bytes()
}

// copyOf returns a folder with copies of these files of another.
func copyOf(t *testing.T, folder string, names ...string) string {
	t.Helper()
	other := t.TempDir()
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(folder, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(other, name), data, 0o600))
	}
	return other
}

func restore(t *testing.T, folder string, backup []byte) embedded.BackupSummary {
	t.Helper()
	s, err := embedded.Restore(t.Context(), embedded.RestoreOptions{Folder: folder}, bytes.NewReader(backup))
	must(t, err)
	return s
}

// fill puts a little of everything.
func fill(t *testing.T, d *embedded.Disk, clock *pubsubtest.Clock) {
	t.Helper()
	mustApply(t, d.Directory, directory.Put(nth(1), []byte("stays"), time.Time{}, directory.Always))
	mustApply(t, d.Directory, directory.Put(nth(2), []byte("ends"), clock.Now().Add(time.Hour), directory.Always))
	mustApply(t, d.Directory, directory.Put(nth(3), []byte("planted-removed"), time.Time{}, directory.Always))
	mustApply(t, d.Directory, directory.Delete(nth(3), directory.Always))
	keep(t, d.Vault, map[string]string{"account": "planted-data-key"})
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), 7), false))
	enter(t, d.Ledger, clock.Now(), 1, 2)
}

func TestARestoredFolderHoldsWhatWasBackedUp(t *testing.T) {
	for name, c := range map[string]struct {
		vault bool
		files []string // that are saved in another way
		key   string   // which is then there
	}{
		"without the vault":            {false, []string{"key"}, ""},
		"with the vault":               {true, []string{"key"}, "planted-data-key"},
		"into a folder with the vault": {false, []string{"key", "vault"}, "planted-data-key"},
	} {
		t.Run(name, func(t *testing.T) {
			folder, clock := t.TempDir(), pubsubtest.NewClock()
			d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
			fill(t, d, clock)
			must(t, os.WriteFile(filepath.Join(folder, "node"), []byte("the node"), 0o600))
			backup := backUp(t, d, embedded.BackupOptions{Vault: c.vault, Files: []string{"node", "not there"}})
			for _, mark := range []string{"planted", "stays", "the node"} {
				if bytes.Contains(backup, []byte(mark)) {
					t.Errorf("%q stands in it in clear", mark)
				}
			}

			other := copyOf(t, folder, c.files...)
			s := restore(t, other, backup)
			want := map[string]int64{"directory": 2, "telemetry": 1, "ledger": 2, "files": 1}
			if c.vault {
				want["vault"] = 1
			}
			if fmt.Sprint(s.Counts) != fmt.Sprint(want) || s.Vault != c.vault || !s.Made.Equal(clock.Now()) {
				t.Errorf("got %+v, want %v", s, want)
			}
			d = open(t, embedded.Options{Folder: other, Now: clock.Now})
			page, _, err := d.Directory.List(t.Context(), nth(0).Part, "", "", 10)
			if err != nil || len(page) != 2 || string(page[0].Value) != "stays" || !page[1].Expires.Equal(clock.Now().Add(time.Hour)) {
				t.Errorf("the directory holds %v, %v", page, err)
			}
			wantKept(t, d.Vault, "account", c.key)
			if seen := sizes(t, d, clock.Now()); seen[7] != 1 {
				t.Errorf("the events are %v", seen)
			}
			must(t, d.Ledger.Verify(t.Context()))
			enter(t, d.Ledger, clock.Now(), 3, 3)
			must(t, d.Ledger.Verify(t.Context()))
			if node, err := os.ReadFile(filepath.Join(other, "node")); string(node) != "the node" {
				t.Errorf("the node is %q, %v", node, err)
			}
			clock.Advance(time.Hour)
			if _, err := d.Directory.Get(t.Context(), nth(2)); !errors.Is(err, directory.ErrAbsent) {
				t.Errorf("what has expired: %v", err)
			}
		})
	}
}

func TestABackupIsOfOneMomentWhileOthersWrite(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	stop, failed := make(chan struct{}), make(chan error, 8)
	var acknowledged atomic.Int64 // all up to this number
	go func() {
		defer close(failed)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			put := func(k directory.Key) directory.Change {
				return directory.Put(k, []byte("value"), time.Time{}, directory.Always)
			}
			if _, err := d.Directory.Apply(t.Context(), put(nth(n%1000)), put(also(n%1000))); err != nil {
				failed <- err
				return
			}
			acknowledged.Store(int64(n) + 1)
			if err := d.Telemetry.Record(t.Context(), record(clock.Now(), n), true); err != nil {
				failed <- err
				return
			}
		}
	}()
	waitFor(t, func() bool { return acknowledged.Load() > 50 })
	before := int(acknowledged.Load())
	first := backUp(t, d, embedded.BackupOptions{})
	waitFor(t, func() bool { return int(acknowledged.Load()) > before+50 })
	close(stop)
	for err := range failed {
		t.Error(err)
	}
	mustClose(t, d)

	other := copyOf(t, folder, "key")
	restore(t, other, first)
	d = open(t, embedded.Options{Folder: other, Now: clock.Now})
	one, both := names(t, d.Directory, nth(0).Part), names(t, d.Directory, also(0).Part)
	if len(one) < min(before, 1000) || fmt.Sprint(one) != fmt.Sprint(both) {
		t.Errorf("%d and %d records of the same changes are there, at least %d were made", len(one), len(both), before)
	}
	if seen := sizes(t, d, clock.Now()); len(seen) < before-1 {
		t.Errorf("%d events are there, at least %d were recorded", len(seen), before-1)
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it takes too long")
		}
	}
}

// Wherever a backup is damaged, it is refused, and the folder stays as it is.
func TestADamagedBackupIsRefused(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	fill(t, d, clock)
	good := backUp(t, d, embedded.BackupOptions{Vault: true})
	other := copyOf(t, folder, "key")
	refused := func(what string, file []byte) {
		t.Helper()
		if _, err := embedded.VerifyBackup(t.Context(), folder, bytes.NewReader(file)); !errors.Is(err, embedded.ErrBackup) && !errors.Is(err, embedded.ErrWrongKey) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		refused(fmt.Sprintf("byte %d is another", i), bad)
		if i%10 == 0 {
			refused(fmt.Sprintf("cut at %d", i), good[:i])
		}
	}
	refused("something comes after it", append(bytes.Clone(good), 0))
	refused("it is there twice", append(bytes.Clone(good), good...))

	for name, bad := range map[string][]byte{"cut": good[:len(good)-1], "empty": nil, "of another kind": []byte("PK\x03\x04 tacet backup")} {
		if _, err := embedded.Restore(t.Context(), embedded.RestoreOptions{Folder: other}, bytes.NewReader(bad)); !errors.Is(err, embedded.ErrBackup) {
			t.Errorf("%s: %v", name, err)
		}
		entries, err := os.ReadDir(other)
		must(t, err)
		for _, e := range entries {
			if e.Name() != "key" && e.Name() != "lock" {
				t.Errorf("%s: %s was left behind", name, e.Name())
			}
		}
	}
	restore(t, other, good)
}

// A large backup has several segments, which must not be left out, doubled or
// put in another order.
func TestSegmentsOfABackupHaveTheirPlaces(t *testing.T) {
	folder := t.TempDir()
	d := open(t, embedded.Options{Folder: folder})
	for n := range 20 {
		mustApply(t, d.Directory, directory.Put(nth(n), bytes.Repeat([]byte{byte(n)}, directory.MaxValue), time.Time{}, directory.Always))
	}
	good := backUp(t, d, embedded.BackupOptions{})
	const segment = 1 << 20
	begin := bytes.IndexByte(good, '\n') + 1
	piece := func(n int) []byte { return good[begin+n*segment : begin+(n+1)*segment] }
	for name, bad := range map[string][]byte{
		"one is missing":     slicesOf(good[:begin], piece(0), piece(2), good[begin+3*segment:]),
		"two are swapped":    slicesOf(good[:begin], piece(0), piece(2), piece(1), good[begin+3*segment:]),
		"one is there twice": slicesOf(good[:begin], piece(0), piece(1), piece(1), good[begin+2*segment:]),
		"the end is missing": good[:begin+2*segment],
	} {
		if _, err := embedded.VerifyBackup(t.Context(), folder, bytes.NewReader(bad)); !errors.Is(err, embedded.ErrBackup) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestABackupIsOfNoUseWithoutTheRightKey(t *testing.T) {
	folder := t.TempDir()
	backup := backUp(t, open(t, embedded.Options{Folder: folder}), embedded.BackupOptions{})
	other := t.TempDir()
	if _, err := embedded.Restore(t.Context(), embedded.RestoreOptions{Folder: other}, bytes.NewReader(backup)); !errors.Is(err, embedded.ErrNoKey) || !strings.Contains(err.Error(), filepath.Join(other, "key")) {
		t.Errorf("without a key: %v", err)
	}
	mustClose(t, open(t, embedded.Options{Folder: other})) // makes one
	if _, err := embedded.Restore(t.Context(), embedded.RestoreOptions{Folder: other, Replace: true}, bytes.NewReader(backup)); !errors.Is(err, embedded.ErrWrongKey) {
		t.Errorf("with another key: %v", err)
	}
	h, err := embedded.ReadBackupHeader(bytes.NewReader(backup))
	if err != nil || h.Version != 1 || h.Vault {
		t.Errorf("the header is %+v, %v", h, err)
	}
	if _, err := open(t, embedded.Options{}).Backup(t.Context(), io.Discard, embedded.BackupOptions{}); !errors.Is(err, embedded.ErrNoFolder) {
		t.Errorf("in memory: %v", err)
	}
}

func TestAFolderWithDataIsReplacedOnlyIfToldTo(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	fill(t, d, clock)
	backup := backUp(t, d, embedded.BackupOptions{})
	// The folder goes on: an account is deleted, and the ledger says so.
	mustApply(t, d.Directory, directory.Put(nth(9), []byte("newer"), time.Time{}, directory.Always))
	mustApply(t, d.Directory, directory.Delete(nth(1), directory.Always))
	mustApply(t, d.Vault, directory.Delete(dataKey("account"), directory.Always))
	enter(t, d.Ledger, clock.Now(), 3, 4)

	o := embedded.RestoreOptions{Folder: folder, Replace: true}
	if _, err := embedded.Restore(t.Context(), o, bytes.NewReader(backup)); !errors.Is(err, embedded.ErrInUse) {
		t.Errorf("while it is used: %v", err)
	}
	mustClose(t, d)
	if _, err := embedded.Restore(t.Context(), embedded.RestoreOptions{Folder: folder}, bytes.NewReader(backup)); !errors.Is(err, embedded.ErrNotEmpty) {
		t.Errorf("unasked: %v", err)
	}
	if _, err := embedded.Restore(t.Context(), o, bytes.NewReader(backup[:len(backup)-1])); !errors.Is(err, embedded.ErrBackup) {
		t.Errorf("cut: %v", err)
	}
	d = open(t, embedded.Options{Folder: folder, Now: clock.Now})
	if got := names(t, d.Directory, nth(0).Part); len(got) != 2 || got[1] != nth(9).Name {
		t.Errorf("after what was refused there is %v", got)
	}
	mustClose(t, d)

	_, err := embedded.Restore(t.Context(), o, bytes.NewReader(backup))
	must(t, err)
	d = open(t, embedded.Options{Folder: folder, Now: clock.Now})
	if got := names(t, d.Directory, nth(0).Part); len(got) != 2 || got[0] != nth(1).Name {
		t.Errorf("restored is %v", got)
	}
	wantKept(t, d.Vault, "account", "") // a key that was destroyed stays so
	must(t, d.Ledger.Verify(t.Context()))
	if all, err := d.Ledger.Entries(t.Context(), 0, 10); err != nil || len(all) != 4 {
		t.Errorf("the ledger has %d entries, %v; want those that are newer than the backup too", len(all), err)
	}
	if of, err := d.Ledger.Of(t.Context(), ledgertest.Request(4)); err != nil || len(of) != 1 {
		t.Errorf("the last request has %v, %v", of, err)
	}
}

// A vault in a backup must not bring back what the folder's own has destroyed.
func TestTheFoldersOwnVaultStays(t *testing.T) {
	folder := t.TempDir()
	d := open(t, embedded.Options{Folder: folder})
	keep(t, d.Vault, map[string]string{"deleted": "key", "stays": "key"})
	backup := backUp(t, d, embedded.BackupOptions{Vault: true})
	mustApply(t, d.Vault, directory.Delete(dataKey("deleted"), directory.Always))
	mustClose(t, d)
	_, err := embedded.Restore(t.Context(), embedded.RestoreOptions{Folder: folder, Replace: true}, bytes.NewReader(backup))
	must(t, err)
	d = open(t, embedded.Options{Folder: folder})
	wantKept(t, d.Vault, "deleted", "")
	wantKept(t, d.Vault, "stays", "key")
}

func TestALedgerWithAnotherHistoryIsNotReplaced(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	enter(t, d.Ledger, clock.Now(), 1, 2)
	backup := backUp(t, d, embedded.BackupOptions{})
	mustClose(t, d)
	for name, last := range map[string]int{"longer": 13, "shorter": 11} {
		t.Run(name, func(t *testing.T) {
			other := copyOf(t, folder, "key")
			d := open(t, embedded.Options{Folder: other, Now: clock.Now})
			enter(t, d.Ledger, clock.Now(), 11, last)
			mustClose(t, d)
			_, err := embedded.Restore(t.Context(), embedded.RestoreOptions{Folder: other, Replace: true}, bytes.NewReader(backup))
			if !errors.Is(err, embedded.ErrHistory) {
				t.Errorf("got %v", err)
			}
			d = open(t, embedded.Options{Folder: other, Now: clock.Now})
			if of, err := d.Ledger.Of(t.Context(), ledgertest.Request(11)); err != nil || len(of) != 1 {
				t.Errorf("its ledger was lost: %v, %v", of, err)
			}
		})
	}
}

// A crash leaves the old stores or the new ones.
func TestARestorationThatWasInterruptedHasHappenedOrNot(t *testing.T) {
	folder := t.TempDir()
	d := open(t, embedded.Options{Folder: folder})
	mustApply(t, d.Directory, directory.Put(nth(1), []byte("backed up"), time.Time{}, directory.Always))
	backup := backUp(t, d, embedded.BackupOptions{})
	for name, c := range map[string]struct {
		as   string // what the stores of the restoration are called
		old  string // what is left of the old ones
		want string
	}{
		"while it is written":           {"db.restoring", "db", "old"},
		"before the old one is removed": {"db.restored", "db", "backed up"},
		"while the old one is removed":  {"db.restored", "db/MANIFEST", "backed up"},
		"after the old one was removed": {"db.restored", "", "backed up"},
	} {
		t.Run(name, func(t *testing.T) {
			fresh := copyOf(t, folder, "key")
			restore(t, fresh, backup)
			other := copyOf(t, folder, "key")
			d := open(t, embedded.Options{Folder: other})
			mustApply(t, d.Directory, directory.Put(nth(1), []byte("old"), time.Time{}, directory.Always))
			mustClose(t, d)
			switch c.old {
			case "":
				must(t, os.RemoveAll(filepath.Join(other, "db")))
			case "db":
			default:
				must(t, os.Remove(filepath.Join(other, c.old)))
			}
			must(t, os.Rename(filepath.Join(fresh, "db"), filepath.Join(other, c.as)))
			d = open(t, embedded.Options{Folder: other})
			if r, err := d.Directory.Get(t.Context(), nth(1)); err != nil || string(r.Value) != c.want {
				t.Errorf("there is %q, %v; want %q", r.Value, err, c.want)
			}
			if left, err := filepath.Glob(filepath.Join(other, "db.*")); err != nil || len(left) > 0 {
				t.Errorf("%v lies about", left)
			}
		})
	}
}

// Half a backup is none.
func TestAClosedStoreIsNotBackedUp(t *testing.T) {
	d := open(t, embedded.Options{Folder: t.TempDir()})
	mustClose(t, d)
	var file bytes.Buffer
	if _, err := d.Backup(t.Context(), &file, embedded.BackupOptions{}); !errors.Is(err, embedded.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := embedded.VerifyBackup(t.Context(), d.Folder(), &file); !errors.Is(err, embedded.ErrBackup) {
		t.Errorf("what was begun is taken for a backup: %v", err)
	}
}
