package embedded_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tacet/core/directory"
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
	if _, err := d.Directory.Apply(t.Context(), directory.Put(nth(1), []byte("value"), time.Time{}, directory.Always)); !errors.Is(err, embedded.ErrFull) {
		t.Errorf("Apply: %v", err)
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

// While the disk does not keep up, two groups of events are held in memory at
// most. Then whoever wants an event to be durable waits, and nobody else: who
// else records may be the loop that serves all sockets, and once stood still.
func TestADiskThatIsSlowMakesOnlyThoseWaitWhoWantTo(t *testing.T) {
	clock := pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: clock.Now})
	release := d.Stall()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	recorded := 0
	var err error
	for err == nil && recorded <= 2*embedded.GroupSize {
		if err = d.Telemetry.Record(ctx, record(clock.Now(), recorded), false); err == nil {
			recorded++
		}
	}
	if !errors.Is(err, embedded.ErrBusy) || recorded < embedded.GroupSize || recorded > 2*embedded.GroupSize {
		t.Errorf("%d events were taken over while none was written, and then: %v", recorded, err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := d.Telemetry.Record(ctx, record(clock.Now(), recorded), true); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("durable, while nothing is written: %v", err)
	}
	release()
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), recorded), true))
	if seen := sizes(t, d, clock.Now()); len(seen) != recorded+1 {
		t.Errorf("%d events are there, %d were acknowledged", len(seen), recorded+1)
	}
}
