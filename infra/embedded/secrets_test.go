package embedded_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/embedded"
)

func fingerprint(t *testing.T, d *embedded.Disk, day privacy.Day) string {
	t.Helper()
	s, err := d.Secrets.Secret(t.Context(), day)
	must(t, err)
	mark, err := pubsubtest.Fingerprint(t.Context(), s)
	must(t, err)
	return mark
}

func secretsFile(t *testing.T, folder string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "secrets"))
	must(t, err)
	return data
}

func TestADaysSecretIsTheSameAfterRestart(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	today := privacy.DayOf(clock.Now())
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	first := fingerprint(t, d, today)
	mustClose(t, d)
	if again := fingerprint(t, open(t, embedded.Options{Folder: folder, Now: clock.Now}), today); again != first {
		t.Error("the day has another secret after a restart")
	}
}

func TestASecretOfYesterdayIsNowhereInTheFolder(t *testing.T) {
	for name, destroy := range map[string]func(*testing.T, *embedded.Disk, *pubsubtest.Clock){
		"in time, by itself": func(_ *testing.T, d *embedded.Disk, _ *pubsubtest.Clock) { d.Secrets.DestroyOld() },
		"with the next call": func(t *testing.T, d *embedded.Disk, clock *pubsubtest.Clock) {
			fingerprint(t, d, privacy.DayOf(clock.Now()))
		},
		"at the next start": func(t *testing.T, d *embedded.Disk, _ *pubsubtest.Clock) { mustClose(t, d) },
	} {
		t.Run(name, func(t *testing.T) {
			folder, clock := t.TempDir(), pubsubtest.NewClock()
			d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
			fingerprint(t, d, privacy.DayOf(clock.Now()))
			// The old file stays open, to see what becomes of its bytes.
			old, err := os.Open(filepath.Join(folder, "secrets"))
			must(t, err)
			defer func() { must(t, old.Close()) }()
			before := secretsFile(t, folder)
			secret := before[len(before)-privacy.SecretSize:]

			clock.Advance(13 * time.Hour) // 01:00: the grace is over
			destroy(t, d, clock)
			if name == "at the next start" {
				open(t, embedded.Options{Folder: folder, Now: clock.Now})
			}

			kept := make([]byte, len(before))
			if n, err := old.ReadAt(kept, 0); n != len(before) || !bytes.Equal(kept, make([]byte, len(before))) {
				t.Errorf("the old file was not overwritten: %d bytes, %v", n, err)
			}
			entries, err := os.ReadDir(folder)
			must(t, err)
			for _, e := range entries {
				if data, err := os.ReadFile(filepath.Join(folder, e.Name())); err == nil && bytes.Contains(data, secret) {
					t.Errorf("%s holds the secret", e.Name())
				}
			}
		})
	}
}

// A save can be interrupted at three points; each leaves a folder from which
// the same secret is read, and nothing else lies about.
func TestASaveThatWasInterruptedIsFinished(t *testing.T) {
	for name, interrupt := range map[string]func(t *testing.T, folder string, good []byte){
		"while writing the new file": func(t *testing.T, folder string, good []byte) {
			must(t, os.WriteFile(filepath.Join(folder, "secrets.new"), good[:len(good)-5], 0o600))
		},
		"before the old one is overwritten": func(t *testing.T, folder string, good []byte) {
			must(t, os.Rename(filepath.Join(folder, "secrets"), filepath.Join(folder, "secrets.new")))
			empty := make([]byte, 32)
			copy(empty, "an older content, damaged or not")
			must(t, os.WriteFile(filepath.Join(folder, "secrets"), empty, 0o600))
		},
		"before the new one gets its name": func(t *testing.T, folder string, good []byte) {
			must(t, os.Rename(filepath.Join(folder, "secrets"), filepath.Join(folder, "secrets.new")))
			must(t, os.WriteFile(filepath.Join(folder, "secrets"), make([]byte, len(good)), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder, clock := t.TempDir(), pubsubtest.NewClock()
			today := privacy.DayOf(clock.Now())
			d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
			first := fingerprint(t, d, today)
			mustClose(t, d)
			interrupt(t, folder, secretsFile(t, folder))
			d = open(t, embedded.Options{Folder: folder, Now: clock.Now})
			if again := fingerprint(t, d, today); again != first {
				t.Error("the day has another secret")
			}
			if _, err := os.Stat(filepath.Join(folder, "secrets.new")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the new file still lies about: %v", err)
			}
		})
	}
}

func TestDamagedSecretsAreReportedAndReplaced(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	today := privacy.DayOf(clock.Now())
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	first := fingerprint(t, d, today)
	mustClose(t, d)
	must(t, os.WriteFile(filepath.Join(folder, "secrets"), []byte("damaged"), 0o600))
	var troubles []error
	d = open(t, embedded.Options{Folder: folder, Now: clock.Now, Trouble: func(_ string, err error) { troubles = append(troubles, err) }})
	if again := fingerprint(t, d, today); again == first || len(troubles) != 1 {
		t.Errorf("troubles: %v", troubles)
	}
}

func TestASecretThatCannotBeKeptIsNotUsed(t *testing.T) {
	folder, clock := filepath.Join(t.TempDir(), "data"), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	must(t, os.Rename(folder, folder+".away"))
	for range 2 {
		if _, err := d.Secrets.Secret(t.Context(), privacy.DayOf(clock.Now())); err == nil {
			t.Error("a secret was handed out that no restart would know")
		}
	}
	must(t, os.Rename(folder+".away", folder))
	fingerprint(t, d, privacy.DayOf(clock.Now()))
}
