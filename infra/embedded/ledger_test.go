package embedded_test

import (
	"errors"
	"testing"
	"time"

	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/embedded"
)

// enter appends the requests from first to last.
func enter(t *testing.T, l ledger.Ledger, at time.Time, first, last int) {
	t.Helper()
	for n := first; n <= last; n++ {
		must(t, l.Append(t.Context(), ledgertest.Entry(n, ledger.Deletion, ledger.Completed, at)))
	}
}

func TestALedgerThatIsWholeIsVerified(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	must(t, d.Ledger.Verify(t.Context()))
	enter(t, d.Ledger, clock.Now(), 1, 5)
	must(t, d.Ledger.Verify(t.Context()))
	mustClose(t, d)
	d = open(t, embedded.Options{Folder: folder, Now: clock.Now})
	enter(t, d.Ledger, clock.Now(), 6, 7)
	must(t, d.Ledger.Verify(t.Context()))
	clock.Advance(2 * ledger.Keep)
	must(t, d.Ledger.Verify(t.Context()))
	enter(t, d.Ledger, clock.Now(), 8, 8)
	must(t, d.Ledger.Verify(t.Context()))
	if all, err := d.Ledger.Entries(t.Context(), 0, 10); err != nil || len(all) != 1 || all[0].Seq != 8 {
		t.Errorf("got %v, %v", all, err)
	}
}

func TestALedgerThatWasTamperedWithIsSeenToBe(t *testing.T) {
	clock := pubsubtest.NewClock()
	for name, c := range map[string]struct {
		tamper func(*embedded.Disk) error
		seq    int64
	}{
		"an entry was changed": {func(d *embedded.Disk) error {
			return d.RewriteEntry(2, func(e *ledger.Entry) { e.Kind, e.Certificate = ledger.Download, nil })
		}, 2},
		"a certificate was changed": {func(d *embedded.Disk) error {
			return d.RewriteEntry(2, func(e *ledger.Entry) { e.Certificate = []byte(`{}`) })
		}, 2},
		"one in the middle was removed": {func(d *embedded.Disk) error { return d.RewriteEntry(2, nil) }, 3},
		"the last was removed":          {func(d *embedded.Disk) error { return d.RewriteEntry(3, nil) }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
			enter(t, d.Ledger, clock.Now(), 1, 3)
			must(t, c.tamper(d))
			var broken *ledger.Broken
			if err := d.Ledger.Verify(t.Context()); !errors.As(err, &broken) || broken.Seq != c.seq {
				t.Errorf("got %v", err)
			}
			mustClose(t, d)

			// The next start tells.
			told := make(chan error, 10)
			open(t, embedded.Options{Folder: folder, Now: clock.Now, Trouble: func(_ string, err error) { told <- err }})
			select {
			case err := <-told:
				if !errors.As(err, &broken) {
					t.Errorf("told of %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Error("nobody was told")
			}
		})
	}
}

// A certificate is handed out again as it was, to the byte.
func TestACertificateStaysAsItWas(t *testing.T) {
	d := open(t, embedded.Options{})
	e := ledgertest.Entry(1, ledger.Deletion, ledger.Completed, pubsubtest.NewClock().Now())
	e.Certificate = []byte("{ \"text\" :\n \"<é & \\u00fc>\" }\n")
	must(t, d.Ledger.Append(t.Context(), e))
	got, err := d.Ledger.Of(t.Context(), e.Request)
	if err != nil || len(got) != 1 || string(got[0].Certificate) != string(e.Certificate) {
		t.Errorf("got %v, %v", got, err)
	}
	must(t, d.Ledger.Verify(t.Context()))
}
