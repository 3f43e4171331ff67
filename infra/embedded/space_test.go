package embedded_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/embedded"
)

// Without the reserve the process ends with SIGBUS, as it did on a disk of
// 12 MB.
func TestADiskThatIsNearlyFullIsNotWrittenTo(t *testing.T) {
	clock := pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: clock.Now})
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), 1), true))
	d.SetFree(10 << 20)
	if err := d.Telemetry.Record(t.Context(), record(clock.Now(), 2), true); !errors.Is(err, embedded.ErrFull) {
		t.Errorf("Record: %v", err)
	}
	if err := d.Apps.Put(t.Context(), &app.App{ID: pubsubtest.AppA, Plan: "free"}); !errors.Is(err, embedded.ErrFull) {
		t.Errorf("Put: %v", err)
	}
	if seen := sizes(t, d, clock.Now()); len(seen) != 1 {
		t.Errorf("reading gives %v", seen)
	}
	if _, err := d.Reclaim(); err != nil {
		t.Errorf("Reclaim: %v", err)
	}
	d.SetFree(10 << 30)
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), 3), true))
	if seen := sizes(t, d, clock.Now()); len(seen) != 2 {
		t.Errorf("when there is room again: %v", seen)
	}
}

// An event that nobody waited for and that could not be written is told of by a
// later call, once.
func TestALossIsToldToTheNextCaller(t *testing.T) {
	clock := pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: clock.Now})
	d.SetFree(0)
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), 1), false))
	told := 0
	for told == 0 { // until its group was tried
		if err := d.Telemetry.Record(t.Context(), record(clock.Now(), 2), false); errors.Is(err, embedded.ErrFull) {
			told++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	d.SetFree(10 << 30)
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), 3), true))
}

// While the disk does not keep up, two groups of events are held in memory, and
// then whoever records waits.
func TestADiskThatIsSlowMakesRecordersWait(t *testing.T) {
	clock := pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: clock.Now})
	release := d.Stall()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	recorded := 0
	for ; recorded <= 2*embedded.GroupSize; recorded++ {
		if err := d.Telemetry.Record(ctx, record(clock.Now(), recorded), false); err != nil {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Record: %v", err)
			}
			break
		}
	}
	if recorded < embedded.GroupSize || recorded > 2*embedded.GroupSize {
		t.Errorf("%d events were taken over while none was written", recorded)
	}
	release()
	if seen := sizes(t, d, clock.Now()); len(seen) != recorded {
		t.Errorf("%d events are there, %d were acknowledged", len(seen), recorded)
	}
}
