package embedded_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/embedded"
)

// tableBytes returns how much lies in tables and logs.
func tableBytes(t *testing.T, folder string) (n int64) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".sst" {
			info, err := e.Info()
			must(t, err)
			n += info.Size()
		}
		return err
	}))
	return n
}

func TestTheSpaceOfWhatExpiredIsGivenBack(t *testing.T) {
	for _, folder := range []string{t.TempDir(), ""} {
		// Badger goes by the clock on the wall, so what is to expire is written
		// long ago: its own expiry is then over within seconds.
		now := time.Now()
		clock := func() time.Time { return now }
		d := open(t, embedded.Options{Folder: folder, Now: clock})
		write := func(at time.Time, life time.Duration, n int) {
			t.Helper()
			for i := range n {
				r := record(at, i)
				r.Topic = privacy.RecordedTopic(fmt.Sprintf("%064x", i*7919)) // hard to compress
				r.Expires = at.Add(life)
				must(t, d.Telemetry.Record(t.Context(), r, i == n-1))
			}
		}
		write(now.Add(-48*time.Hour), 24*time.Hour, 20_000)
		write(now.Add(-47*time.Hour), 24*time.Hour, 10)
		write(now.Add(-24*time.Hour), 48*time.Hour, 5)
		write(now.Add(-24*time.Hour), time.Hour, 5) // beside what is readable
		r := record(now.Add(-48*time.Hour), 1)
		r.App, r.Expires = pubsubtest.AppB, now.Add(time.Hour)
		must(t, d.Telemetry.Record(t.Context(), r, true))

		deadline := time.Now().Add(30 * time.Second)
		hours := 0
		for hours < 2 { // until Badger's second is over
			n, err := d.Reclaim()
			must(t, err)
			if hours += n; time.Now().After(deadline) {
				t.Fatalf("%d hours were reclaimed, want 2", hours)
			}
		}
		if n, err := d.Reclaim(); n != 0 || err != nil {
			t.Errorf("reclaimed again: %d, %v", n, err)
		}
		// What expired beside something readable may have gone already.
		if got := d.Blocks(); got != 2 && got != 3 {
			t.Errorf("%d blocks are left, want 2 or 3", got)
		}
		seen := 0
		must(t, d.Telemetry.Each(t.Context(), pubsubtest.AppA, now.Add(-1000*time.Hour), now, now, func(telemetry.Event) error { seen++; return nil }))
		if seen != 5 {
			t.Errorf("%d events are readable, want 5", seen)
		}
		must(t, d.Telemetry.Each(t.Context(), pubsubtest.AppB, now.Add(-1000*time.Hour), now, now, func(telemetry.Event) error { seen++; return nil }))
		if seen != 6 {
			t.Error("the other application's event is gone")
		}
		if folder != "" {
			if n := tableBytes(t, folder); n > 100<<10 {
				t.Errorf("the tables still take %d bytes", n)
			}
		}
	}
}

func TestWritingGoesOnWhileSpaceIsReclaimed(t *testing.T) {
	now := time.Now()
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: func() time.Time { return now }})
	r := record(now.Add(-48*time.Hour), 1)
	r.Expires = now.Add(-24 * time.Hour)
	must(t, d.Telemetry.Record(t.Context(), r, true))
	stop := make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := d.Telemetry.Record(t.Context(), record(now, 1), true); err != nil {
				failed <- err
				return
			}
		}
	}()
	deadline := time.Now().Add(30 * time.Second)
	for n := 0; n == 0; {
		var err error
		n, err = d.Reclaim()
		must(t, err)
		if time.Now().After(deadline) {
			t.Fatal(errors.New("nothing was reclaimed"))
		}
	}
	close(stop)
	if err := <-failed; err != nil {
		t.Errorf("Record: %v", err)
	}
}

func TestTheSpaceOfRollupsThatEndedIsGivenBack(t *testing.T) {
	now := time.Now()
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: func() time.Time { return now }})
	keep := func(s telemetry.Span, start time.Time, life time.Duration) {
		t.Helper()
		r := telemetry.Rollup{Span: s, Start: s.Start(start), Whole: start.Add(life), Expires: start.Add(life)}
		r.Messages = 1
		must(t, d.Telemetry.Keep(t.Context(), partA, r, now))
	}
	hour := telemetry.Hourly.Start(now)
	keep(telemetry.Minutely, hour.Add(-48*time.Hour), 24*time.Hour)
	keep(telemetry.Minutely, hour.Add(-48*time.Hour+time.Minute), 24*time.Hour)
	keep(telemetry.Hourly, hour.Add(-48*time.Hour), 24*time.Hour)
	keep(telemetry.Daily, hour.Add(-48*time.Hour), 24*time.Hour)
	keep(telemetry.Daily, hour.Add(-24*time.Hour), 48*time.Hour)
	keep(telemetry.Minutely, hour.Add(-24*time.Hour), 48*time.Hour)
	keep(telemetry.Minutely, hour.Add(-23*time.Hour), 0) // behind one that is readable
	deadline := time.Now().Add(30 * time.Second)
	for groups := 0; groups < 3; { // until Badger's second is over
		n, err := d.Reclaim()
		must(t, err)
		if groups += n; time.Now().After(deadline) || groups > 3 {
			t.Fatalf("%d groups were reclaimed, want 3", groups)
		}
	}
	if n, err := d.Reclaim(); n != 0 || err != nil {
		t.Errorf("reclaimed again: %d, %v", n, err)
	}
	if n := d.Keys('r'); n != 2 {
		t.Errorf("%d rollups are left, want 2", n)
	}
}
