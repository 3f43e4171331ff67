package embedded_test

import (
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/directory/directorytest"
	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/seal/sealtest"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
	"tacet/infra/embedded"
)

// open opens stores that are closed with the test. Trouble fails it.
func open(t testing.TB, o embedded.Options) *embedded.Disk {
	t.Helper()
	if o.Trouble == nil {
		o.Trouble = func(what string, err error) { t.Errorf("trouble: %s: %v", what, err) }
	}
	if o.Now == nil {
		o.Now = pubsubtest.NewClock().Now
	}
	d, err := embedded.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, d) })
	return d
}

func mustClose(t testing.TB, d *embedded.Disk) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestDiskKeepsTheContracts(t *testing.T) {
	for name, folder := range map[string]func(*testing.T) string{
		"on disk":   func(t *testing.T) string { return t.TempDir() },
		"in memory": func(*testing.T) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("recorder", func(t *testing.T) {
				pubsubtest.TestRecorder(t, func(t *testing.T, clock *pubsubtest.Clock) pubsubtest.Telemetry {
					return open(t, embedded.Options{Folder: folder(t), Now: clock.Now}).Telemetry
				})
			})
			t.Run("apps", func(t *testing.T) {
				pubsubtest.TestApps(t, func(t *testing.T, all ...pubsubtest.Tenant) pubsub.Apps {
					clock := pubsubtest.NewClock()
					d, vault := open(t, embedded.Options{Folder: folder(t), Now: clock.Now}), sealtest.NewVault(sealtest.Random(1))
					for _, x := range all {
						x.Keep(t, d.Directory, vault)
					}
					return &app.Reader{Directory: d.Directory, Vault: vault}
				})
			})
			t.Run("directory", func(t *testing.T) {
				directorytest.Test(t, func(t *testing.T, now func() time.Time) directory.Directory {
					return open(t, embedded.Options{Folder: folder(t), Now: now}).Directory
				})
			})
			t.Run("vault", func(t *testing.T) {
				directorytest.Test(t, func(t *testing.T, now func() time.Time) directory.Directory {
					return open(t, embedded.Options{Folder: folder(t), Now: now}).Vault
				})
			})
			t.Run("lifetime", func(t *testing.T) {
				telemetrytest.TestLifetime(t, func(t *testing.T) (telemetrytest.Store, func(telemetry.Record)) {
					clock := pubsubtest.NewClock()
					d := open(t, embedded.Options{Folder: folder(t), Now: clock.Now})
					d.Telemetry.SetPart(100) // several calls
					return d.Telemetry, func(r telemetry.Record) {
						clock.Advance(r.At.Sub(clock.Now()))
						must(t, d.Telemetry.Record(t.Context(), r, true))
					}
				})
			})
			t.Run("ledger", func(t *testing.T) {
				ledgertest.Test(t, func(t *testing.T, now func() time.Time) ledger.Ledger {
					return open(t, embedded.Options{Folder: folder(t), Now: now}).Ledger
				})
			})
			t.Run("day secrets", func(t *testing.T) {
				pubsubtest.TestDaySecrets(t, func(t *testing.T, clock *pubsubtest.Clock) privacy.DaySecrets {
					return open(t, embedded.Options{Folder: folder(t), Now: clock.Now}).Secrets
				})
			})
		})
	}
}
