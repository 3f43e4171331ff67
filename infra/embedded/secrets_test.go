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

// As on a disk that is full after 01:00: for hours nobody was given today's
// secret, which was in the file, because yesterday's could not be taken out.
func TestTodaysSecretIsHadWhileYesterdaysCannotBeDestroyed(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	clock.Advance(12*time.Hour + 30*time.Minute) // 00:30
	troubles := 0
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now, Trouble: func(string, error) { troubles++ }})
	today := privacy.DayOf(clock.Now())
	fingerprint(t, d, today-1)
	first := fingerprint(t, d, today)
	both := secretsFile(t, folder)

	must(t, os.Mkdir(filepath.Join(folder, "secrets.new"), 0o700)) // nothing can be written
	clock.Advance(31 * time.Minute)
	for range 3 {
		if again := fingerprint(t, d, today); again != first {
			t.Error("the day has another secret")
		}
		if _, err := d.Secrets.Secret(t.Context(), today-1); !errors.Is(err, privacy.ErrNoSecret) {
			t.Errorf("yesterday's: %v", err)
		}
	}
	if troubles != 1 {
		t.Errorf("within a second, trouble was reported %d times", troubles)
	}
	clock.Advance(time.Second)
	if fingerprint(t, d, today); troubles != 2 {
		t.Errorf("a second later, trouble was reported %d times", troubles)
	}

	must(t, os.Remove(filepath.Join(folder, "secrets.new")))
	clock.Advance(time.Second)
	if fingerprint(t, d, today); len(secretsFile(t, folder)) >= len(both) || troubles != 2 {
		t.Errorf("yesterday's secret is still in the file; trouble was reported %d times", troubles)
	}
	mustClose(t, d)
	if again := fingerprint(t, open(t, embedded.Options{Folder: folder, Now: clock.Now}), today); again != first {
		t.Error("the day has another secret after a restart")
	}
}

// When the old file may be zeros already, the new one is all there is: writing
// it again on a full disk would leave neither.
func TestAFileThatMayBeTheOnlyOneIsNotWrittenAgain(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	clock.Advance(12*time.Hour + 30*time.Minute) // 00:30
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now, Trouble: func(string, error) {}})
	today := privacy.DayOf(clock.Now())
	fingerprint(t, d, today-1)
	first := fingerprint(t, d, today)

	file, fresh := filepath.Join(folder, "secrets"), filepath.Join(folder, "secrets.new")
	must(t, os.Remove(file))
	must(t, os.Mkdir(file, 0o700)) // the new one cannot have its name
	clock.Advance(31 * time.Minute)
	d.Secrets.DestroyOld()
	long := time.Unix(1e9, 0)
	must(t, os.Chtimes(fresh, long, long))
	clock.Advance(time.Minute)
	d.Secrets.DestroyOld()
	if info, err := os.Stat(fresh); err != nil || !info.ModTime().Equal(long) {
		t.Errorf("the only file was written again: %v", err)
	}

	must(t, os.Remove(file))
	clock.Advance(time.Minute)
	d.Secrets.DestroyOld()
	mustClose(t, d)
	if again := fingerprint(t, open(t, embedded.Options{Folder: folder, Now: clock.Now}), today); again != first {
		t.Error("the day has another secret after a restart")
	}
}
