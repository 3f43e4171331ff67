package embedded_test

import (
	"context"
	"strconv"
	"sync/atomic"
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
			t.Run("rollups", func(t *testing.T) {
				telemetrytest.TestRollups(t, func(t *testing.T) (telemetry.Rollups, func(telemetry.Part, telemetry.Record)) {
					s := parts{open(t, embedded.Options{Folder: folder(t)}).Telemetry}
					return s, func(p telemetry.Part, r telemetry.Record) {
						r.App = s.of(p).App
						must(t, s.Record(t.Context(), r, true))
					}
				})
			})
			t.Run("recorder, with rollups", func(t *testing.T) {
				pubsubtest.TestRecorder(t, func(t *testing.T, clock *pubsubtest.Clock) pubsubtest.Telemetry {
					return &rolled{Telemetry: open(t, embedded.Options{Folder: folder(t), Now: clock.Now}).Telemetry, clock: clock}
				})
			})
			t.Run("lifetime, with rollups", func(t *testing.T) {
				telemetrytest.TestLifetime(t, func(t *testing.T) (telemetrytest.Store, func(telemetry.Record)) {
					clock := pubsubtest.NewClock()
					d := open(t, embedded.Options{Folder: folder(t), Now: clock.Now})
					d.Telemetry.SetPart(100) // several calls
					return d.Telemetry, func(r telemetry.Record) {
						clock.Advance(r.At.Sub(clock.Now()))
						must(t, d.Telemetry.Record(t.Context(), r, true))
						must(t, d.Telemetry.Roll(t.Context(), r.At.Add(10*time.Minute)))
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

// parts is a store in which each part is an application of its own: its own
// applications have one part.
type parts struct{ *embedded.Telemetry }

func (s parts) of(p telemetry.Part) telemetry.Part {
	return telemetry.Part{App: p.App[1:] + app.ID(strconv.Itoa(p.Number))}
}

// Records implements telemetry.Rollups.
func (s parts) Records(ctx context.Context, p telemetry.Part, from, to, now time.Time, f func(telemetry.Record) error) error {
	return s.Telemetry.Records(ctx, s.of(p), from, to, now, func(r telemetry.Record) error {
		r.App = p.App
		return f(r)
	})
}

// Closed implements telemetry.Rollups.
func (s parts) Closed(ctx context.Context, p telemetry.Part) (time.Time, error) {
	return s.Telemetry.Closed(ctx, s.of(p))
}

// Kept implements telemetry.Rollups.
func (s parts) Kept(ctx context.Context, p telemetry.Part, span telemetry.Span, from, to, now time.Time) ([]telemetry.Rollup, error) {
	return s.Telemetry.Kept(ctx, s.of(p), span, from, to, now)
}

// Keep implements telemetry.Rollups.
func (s parts) Keep(ctx context.Context, p telemetry.Part, r telemetry.Rollup, now time.Time) error {
	return s.Telemetry.Keep(ctx, s.of(p), r, now)
}

// rolled is a store whose rollups are brought up to date after events: all as
// long as there are few, and then some.
type rolled struct {
	*embedded.Telemetry
	clock  *pubsubtest.Clock
	events atomic.Int64
}

func (r *rolled) Record(ctx context.Context, e telemetry.Record, durable bool) error {
	if err := r.Telemetry.Record(ctx, e, durable); err != nil {
		return err
	}
	if n := r.events.Add(1); n > 20 && n%20 != 0 {
		return nil
	}
	return r.Roll(ctx, r.clock.Now())
}
