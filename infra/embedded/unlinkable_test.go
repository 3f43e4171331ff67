package embedded_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/embedded"
)

// stateOf is everything that the secret of a day could be made of: the small
// files of a folder, as they are and as they are read, and what the process
// remembers.
func stateOf(t *testing.T, d *embedded.Disk) [][]byte {
	t.Helper()
	state := d.Secrets.Remembered()
	for _, name := range []string{"secrets", "secrets.new", "key", "vault", "vault.new", "lock"} {
		data, err := os.ReadFile(filepath.Join(d.Folder(), name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		must(t, err)
		state = append(state, data)
		if raw, err := hex.DecodeString(string(bytes.TrimSpace(data))); err == nil {
			state = append(state, raw)
		}
	}
	return state
}

// wantNowhere checks that no file below a folder has these bytes.
func wantNowhere(t *testing.T, folder string, secret []byte) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(path string, f fs.DirEntry, err error) error {
		if err != nil || !f.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, secret) {
			t.Errorf("%s holds yesterday's secret", path)
		}
		return err
	}))
}

// With all that there is today, on the disk, in the process, and in a backup,
// nobody can tell of which of a few hundred networks a value of yesterday is,
// nor that it is the same as one of today. Yesterday anybody could who had the
// folder: so what is looked for is what there was.
func TestWithTodaysStateNothingOfYesterdayIsLinked(t *testing.T) {
	const app = "0123456789abcdef0123456789abcdef"
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	z := privacy.Anonymiser{Secrets: d.Secrets}
	keep := func() privacy.Anonymised {
		a, err := z.Anonymise(t.Context(), privacy.ParseAddr(privacytest.Culprit), app, privacy.Ipcrypt, clock.Now())
		must(t, err)
		return a
	}
	yesterday, was := privacy.DayOf(clock.Now()), keep()
	before := stateOf(t, d)
	kept := secretsFile(t, folder)
	secret := kept[len(kept)-privacy.SecretSize:]
	if _, ok := privacytest.Opens(was, app, yesterday, nil, before...); !ok {
		t.Fatal("the value cannot be opened with the state of its own day: what is looked for is not what there is")
	}

	clock.Advance(13*time.Hour + time.Second) // 01:00: the grace is over
	today, is := privacy.DayOf(clock.Now()), keep()
	if was == is {
		t.Error("the value is the same on both days")
	}
	after := stateOf(t, d)
	if _, ok := privacytest.Opens(is, app, today, nil, after...); !ok {
		t.Error("today's value cannot be opened with today's state")
	}
	if address, ok := privacytest.Opens(was, app, yesterday, []privacy.Day{today}, after...); ok {
		t.Errorf("yesterday's value is found to be that of %s", address)
	}
	if _, ok := privacytest.Opens(was, app, yesterday, nil, secret); !ok {
		t.Error("yesterday's secret does not open yesterday's value")
	}
	if _, err := d.Secrets.Secret(t.Context(), yesterday); !errors.Is(err, privacy.ErrNoSecret) {
		t.Errorf("yesterday's secret can be had: %v", err)
	}
	backup := backUp(t, d, embedded.BackupOptions{Vault: true})
	mustClose(t, d)
	wantNowhere(t, folder, secret)
	other := copyOf(t, folder, "key")
	restore(t, other, backup)
	wantNowhere(t, other, secret)
}

// A backup that was made while the secret was there has it neither.
func TestABackupOfItsOwnDayHasNoSecretEither(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	fingerprint(t, d, privacy.DayOf(clock.Now()))
	kept := secretsFile(t, folder)
	backup := backUp(t, d, embedded.BackupOptions{Vault: true})
	mustClose(t, d)
	other := copyOf(t, folder, "key")
	restore(t, other, backup)
	wantNowhere(t, other, kept[len(kept)-privacy.SecretSize:])
	if _, err := os.Stat(filepath.Join(other, "secrets")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the restored folder has secrets of days: %v", err)
	}
}
