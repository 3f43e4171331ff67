package embedded_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/embedded"
)

var _ telemetry.Lifetime = (*embedded.Telemetry)(nil)

// holding returns the files below folder that hold a mark.
func holding(t *testing.T, folder string, mark []byte) (names []string) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, mark) {
			names = append(names, e.Name())
		}
		return err
	}))
	return names
}

func inClear(t *testing.T, o embedded.Options) *embedded.Disk {
	t.Helper()
	o.Trouble = func(what string, err error) { t.Errorf("trouble: %s: %v", what, err) }
	d, err := embedded.OpenInClear(o)
	must(t, err)
	t.Cleanup(func() { mustClose(t, d) })
	return d
}

// write records n events of an application, the last of which is waited for.
func write(t *testing.T, d *embedded.Disk, of app.ID, at time.Time, n int, topic string) {
	t.Helper()
	for i := range n {
		r := record(at, i)
		r.App, r.Topic, r.Expires = of, privacy.RecordedTopic(fmt.Sprintf("%s/%d", topic, i)), at.Add(1000*time.Hour)
		must(t, d.Telemetry.Record(t.Context(), r, i == n-1))
	}
}

func events(t *testing.T, d *embedded.Disk, of app.ID, now time.Time) (n int) {
	t.Helper()
	must(t, d.Telemetry.Each(t.Context(), of, time.Unix(0, 0), now.Add(time.Hour), now, func(telemetry.Event) error { n++; return nil }))
	return n
}

// erase calls Erase until it is done, and returns how many records were erased
// in how many calls.
func erase(t *testing.T, d *embedded.Disk, of app.ID) (n int64, calls int) {
	t.Helper()
	for next := ""; calls == 0 || next != ""; calls++ {
		some, after, err := d.Telemetry.Erase(t.Context(), of, next)
		must(t, err)
		n, next = n+some, after
	}
	return n, calls
}

func TestWhatIsErasedIsInNoFile(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := inClear(t, embedded.Options{Folder: folder, Now: clock.Now})
	const n = 300
	for hour := range 24 { // into tables of several levels, and into the log of what is not in one yet
		at := clock.Now().Add(-time.Duration(hour) * time.Hour)
		write(t, d, pubsubtest.AppA, at, n, "planted-erased")
		write(t, d, pubsubtest.AppB, at, n, "planted-other")
		if hour == 12 {
			mustClose(t, d)
			d = inClear(t, embedded.Options{Folder: folder, Now: clock.Now})
			_, _, err := d.Telemetry.Restamp(t.Context(), pubsubtest.AppA, 500*time.Hour, clock.Now(), "") // older versions
			must(t, err)
		}
	}
	must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
	write(t, d, pubsubtest.AppA, clock.Now().Add(-5*time.Hour), 1, "planted-erased") // late
	last := record(clock.Now(), 1)
	last.Topic = "planted-erased/buffered"
	must(t, d.Telemetry.Record(t.Context(), last, false))

	id, err := hex.DecodeString(string(pubsubtest.AppA))
	must(t, err)
	marks := [][]byte{[]byte("planted-erased"), append([]byte{'t'}, id...), append([]byte{'r'}, id...), append([]byte{'n'}, id...)}
	for i, mark := range marks {
		if len(holding(t, folder, mark)) < max(2-i, 1) {
			t.Fatalf("what is erased was not in several files before: %q", mark)
		}
	}
	rollups := int64(d.Keys('r')) / 2
	if got, _ := erase(t, d, pubsubtest.AppA); got != 24*n+2+rollups || rollups < 24 {
		t.Errorf("%d records were erased, want %d events and %d rollups", got, 24*n+2, rollups)
	}
	for _, mark := range marks {
		if left := holding(t, folder, mark); len(left) > 0 {
			t.Errorf("%v still hold %q", left, mark)
		}
	}
	if a, b := events(t, d, pubsubtest.AppA, clock.Now()), events(t, d, pubsubtest.AppB, clock.Now()); a != 0 || b != 24*n {
		t.Errorf("%d and %d events are left, want none and %d", a, b, 24*n)
	}
	mustClose(t, d)
	for _, mark := range marks {
		if left := holding(t, folder, mark); len(left) > 0 {
			t.Errorf("after closing, %v hold %q", left, mark)
		}
	}
	if len(holding(t, folder, []byte("planted-other"))) == 0 {
		t.Error("the other application's events are in no file, so nothing was searched")
	}
}

func TestErasingGoesOnWhereItStopped(t *testing.T) {
	for name, folder := range map[string]string{"on disk": t.TempDir(), "in memory": ""} {
		t.Run(name, func(t *testing.T) {
			clock := pubsubtest.NewClock()
			d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
			for hour := range 5 {
				write(t, d, pubsubtest.AppA, clock.Now().Add(-time.Duration(hour)*time.Hour), 10, "t")
			}
			d.Telemetry.SetPart(1)
			n, next, err := d.Telemetry.Erase(t.Context(), pubsubtest.AppA, "")
			if err != nil || n != 10 || next == "" {
				t.Fatalf("the first call: %d, %q, %v", n, next, err)
			}
			// A call that was made, and of which nobody heard, is made again.
			for range 2 {
				if n, _, err := d.Telemetry.Erase(t.Context(), pubsubtest.AppA, next); n != 10 || err != nil {
					t.Errorf("the second call: %d, %v", n, err)
				}
			}
			if n, calls := erase(t, d, pubsubtest.AppA); n != 50 || calls != 5 {
				t.Errorf("%d records in %d calls", n, calls)
			}
			if n, calls := erase(t, d, pubsubtest.AppA); n != 0 || calls != 1 {
				t.Errorf("again: %d records in %d calls", n, calls)
			}
			if _, _, err := d.Telemetry.Erase(t.Context(), pubsubtest.AppA, "nowhere"); err == nil {
				t.Error("it went on from nowhere")
			}
			if n := events(t, d, pubsubtest.AppA, clock.Now()); n != 0 {
				t.Errorf("%d events are left", n)
			}
		})
	}
}

func TestRestampedEventsEndWhenTheNewRetentionSays(t *testing.T) {
	const day = 24 * time.Hour
	clock := pubsubtest.NewClock()
	now := clock.Now()
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: clock.Now})
	put := func(age, retention time.Duration, n int) {
		t.Helper()
		r := record(now.Add(-age), n)
		r.Expires = r.At.Add(retention)
		must(t, d.Telemetry.Record(t.Context(), r, true))
	}
	put(20*time.Hour, day, 1)
	put(10*time.Hour, day, 2)
	put(0, day, 3)
	put(0, 30*day, 4)         // recorded after the plan was changed, and before this
	put(30*time.Hour, day, 5) // not readable any more, and not again
	d.Telemetry.SetPart(1)
	restamp := func(retention time.Duration) (n int64, calls int) {
		t.Helper()
		for next := ""; calls == 0 || next != ""; calls++ {
			some, after, err := d.Telemetry.Restamp(t.Context(), pubsubtest.AppA, retention, clock.Now(), next)
			must(t, err)
			n, next = n+some, after
		}
		return n, calls
	}
	want := func(when time.Time, want ...int) {
		t.Helper()
		seen := map[int]bool{}
		must(t, d.Telemetry.Each(t.Context(), pubsubtest.AppA, now.Add(-100*day), now.Add(day), when, func(e telemetry.Event) error { seen[e.Size] = true; return nil }))
		ok := len(seen) == len(want)
		for _, n := range want {
			ok = ok && seen[n]
		}
		if !ok {
			t.Errorf("at %v there are %v, want %v", when.Sub(now), seen, want)
		}
	}
	want(now, 1, 2, 3, 4)
	for _, blocks := range []int{5, 4} { // what may have happened is done again
		if n, calls := restamp(30 * day); n != 4 || calls != blocks {
			t.Errorf("%d events were restamped in %d calls", n, calls)
		}
	}
	want(now, 1, 2, 3, 4)
	want(now.Add(29*day), 1, 2, 3, 4)
	want(now.Add(30*day-15*time.Hour), 2, 3, 4)
	want(now.Add(30 * day))

	if n, _ := restamp(15 * time.Hour); n != 4 {
		t.Errorf("%d events were restamped", n)
	}
	want(now, 2, 3, 4)
	want(now.Add(14*time.Hour), 3, 4)
	if n, _ := restamp(365 * day); n != 3 {
		t.Errorf("%d events were restamped", n)
	}
	want(now, 2, 3, 4)
}

func TestADamagedBlockIsLeftAsItIs(t *testing.T) {
	clock := pubsubtest.NewClock()
	troubles := 0
	d := open(t, embedded.Options{Now: clock.Now, Trouble: func(string, error) { troubles++ }})
	good := embedded.EncodeBlock(record(clock.Now(), 7), record(clock.Now(), 8))
	must(t, d.PutBlock(pubsubtest.AppA, clock.Now(), good[:len(good)-1]))
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), 1), true))
	n, next, err := d.Telemetry.Restamp(t.Context(), pubsubtest.AppA, time.Hour, clock.Now(), "")
	if n != 1 || next != "" || err != nil || troubles != 1 || d.Blocks() < 2 {
		t.Errorf("%d, %q, %v; %d troubles, %d blocks", n, next, err, troubles, d.Blocks())
	}
	if _, _, err := d.Telemetry.Erase(t.Context(), pubsubtest.AppA, ""); err != nil || d.Blocks() != 0 {
		t.Errorf("%d blocks are left, %v", d.Blocks(), err)
	}
}

// Badger keeps what was overwritten until it compacts: its older, longer
// expiry must not keep an hour that a plan has cut short.
func TestTheSpaceOfWhatWasCutShortIsGivenBack(t *testing.T) {
	now := time.Now() // Badger goes by the clock on the wall
	clock := func() time.Time { return now }
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: clock})
	write(t, d, pubsubtest.AppA, now.Add(-48*time.Hour), 10, "t")
	if n, err := d.Reclaim(); n != 0 || err != nil {
		t.Fatalf("reclaimed %d, %v", n, err)
	}
	_, _, err := d.Telemetry.Restamp(t.Context(), pubsubtest.AppA, time.Hour, now, "")
	must(t, err)
	if n, err := d.Reclaim(); n != 1 || err != nil || d.Blocks() != 0 {
		t.Errorf("reclaimed %d, %v; %d blocks are left", n, err, d.Blocks())
	}
}

func TestWhatLeavesTheDirectoryLeavesTheFiles(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := inClear(t, embedded.Options{Folder: folder, Now: clock.Now})
	part := func(id string) directory.Part { return directory.Part{Kind: 'o', ID: id} }
	put := func(id, name string) directory.Change {
		return directory.Put(directory.Key{Part: part(id), Name: name}, []byte("planted-value-of-"+id+"."), time.Time{}, directory.Always)
	}
	// "gone" begins as "gone-not" does, and neither goes with the other.
	for _, id := range []string{"gone", "gone-not", "stays"} {
		mustApply(t, d.Directory, put(id, "a"), put(id, "b"))
	}
	mustApply(t, d.Directory, put("gone", "a")) // an older version
	mustApply(t, d.Directory, directory.Delete(directory.Key{Part: part("gone"), Name: "a"}, directory.IfPresent), directory.Delete(directory.Key{Part: part("gone"), Name: "b"}, directory.IfPresent))
	mustApply(t, d.Directory, directory.Delete(directory.Key{Part: part("stays"), Name: "b"}, directory.IfPresent))
	if len(holding(t, folder, []byte("gone#"))) == 0 {
		t.Fatal("what was removed left the files by itself, so there is nothing to see")
	}
	if n, err := d.Reclaim(); n != 1 || err != nil {
		t.Errorf("reclaimed %d parts, %v", n, err)
	}
	for _, mark := range []string{"o#gone#", "planted-value-of-gone."} {
		if left := holding(t, folder, []byte(mark)); len(left) > 0 {
			t.Errorf("%v still hold %q", left, mark)
		}
	}
	for _, id := range []string{"gone-not", "stays"} {
		if _, err := d.Directory.Get(t.Context(), directory.Key{Part: part(id), Name: "a"}); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := d.Directory.Get(t.Context(), directory.Key{Part: part("gone"), Name: "a"}); !errors.Is(err, directory.ErrAbsent) {
		t.Errorf("gone: %v", err)
	}
}

func TestApplicationsOfBeforeLeaveTheFilesWhenTheyAreForgotten(t *testing.T) {
	folder := t.TempDir()
	d := inClear(t, embedded.Options{Folder: folder, Now: time.Now})
	must(t, d.PutFormer(pubsubtest.AppA, []byte("planted-former")))
	if n, err := d.Reclaim(); n != 0 || err != nil {
		t.Errorf("reclaimed %d, %v, and somebody may read it", n, err)
	}
	must(t, d.Former(t.Context(), func([]byte) error { return nil }))
	if len(holding(t, folder, []byte("planted-former"))) == 0 {
		t.Fatal("it left the files by itself, so there is nothing to see")
	}
	if n, err := d.Reclaim(); n != 1 || err != nil {
		t.Errorf("reclaimed %d, %v", n, err)
	}
	if left := holding(t, folder, []byte("planted-former")); len(left) > 0 {
		t.Errorf("%v still hold it", left)
	}
}
