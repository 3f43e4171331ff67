package embedded_test

import (
	"errors"
	"testing"
	"time"

	"tacet/core/directory"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/embedded"
)

// Badger unmaps its tables when it closes. A report that was being read at that
// moment, a long one of an administrator, ended the process with SIGSEGV.
func TestClosingEndsAReportAndWaitsForIt(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	for n := range 3 {
		must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), n), true)) // a block of its own
	}
	mustClose(t, d)
	d = open(t, embedded.Options{Folder: folder, Now: clock.Now}) // what is read now lies in tables

	closed := make(chan error, 1)
	seen := 0
	err := d.Telemetry.Each(t.Context(), pubsubtest.AppA, clock.Now().Add(-time.Hour), clock.Now().Add(time.Hour), clock.Now(), func(telemetry.Event) error {
		seen++
		go func() { closed <- d.Close() }()
		for err := error(nil); !errors.Is(err, embedded.ErrClosed); _, err = d.Directory.Get(t.Context(), nth(1)) {
			continue // until a reader who reads more is refused, instead of waiting for himself
		}
		select { // a Close that does not wait for this one is done by then
		case err := <-closed:
			t.Errorf("closed under a reader: %v", err)
			closed <- err
		case <-time.After(200 * time.Millisecond):
		}
		return nil
	})
	if !errors.Is(err, embedded.ErrClosed) || seen != 1 {
		t.Errorf("the report ended after %d events with %v", seen, err)
	}
	must(t, <-closed)
}

func TestAfterCloseEverythingIsRefused(t *testing.T) {
	clock := pubsubtest.NewClock()
	for _, folder := range []string{t.TempDir(), ""} {
		d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
		mustClose(t, d)
		for name, call := range map[string]func() error{
			"Get":  func() error { _, err := d.Directory.Get(t.Context(), nth(1)); return err },
			"List": func() error { _, _, err := d.Directory.List(t.Context(), nth(1).Part, "", "", 1); return err },
			"Apply": func() error {
				_, err := d.Directory.Apply(t.Context(), directory.Delete(nth(1), directory.Always))
				return err
			},
			"vault's Get":  func() error { _, err := d.Vault.Get(t.Context(), nth(1)); return err },
			"vault's List": func() error { _, _, err := d.Vault.List(t.Context(), nth(1).Part, "", "", 1); return err },
			"vault's Apply": func() error {
				_, err := d.Vault.Apply(t.Context(), directory.Delete(nth(1), directory.Always))
				return err
			},
			"Reclaim": func() error { _, err := d.Reclaim(); return err },
			"Each": func() error {
				return d.Telemetry.Each(t.Context(), pubsubtest.AppA, clock.Now().Add(-time.Hour), clock.Now(), clock.Now(), func(telemetry.Event) error { return nil })
			},
		} {
			if err := call(); !errors.Is(err, embedded.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
