package rights_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/rights"
	"tacet/core/telemetry"
)

// volumes gets a download in volumes of a size.
func (w *world) volumes(c *account.Caller, scope rights.Scope, bytesAtMost int64) (all []*download) {
	w.Helper()
	x, _, err := w.Begin(w.Context(), c, scope)
	w.must(err)
	for after := ""; ; {
		var packed bytes.Buffer
		next, err := w.Write(w.Context(), c, string(x.Request), &packed, rights.Volume{After: after, Bytes: bytesAtMost})
		w.must(err)
		d := w.unpack(packed.Bytes())
		if d.manifest.Follows != after || d.manifest.Next != next || d.manifest.Request != x.Request {
			w.Errorf("after %q came %+v", after, d.manifest)
		}
		all = append(all, d)
		if after = next; after == "" {
			return all
		}
		if lines := w.lines(); len(lines) != 1 {
			w.Errorf("before the last volume the ledger has %q", lines)
		}
	}
}

func TestVolumesTogetherAreTheWhole(t *testing.T) {
	for scope, least := range map[rights.Scope]int{rights.WholeAccount: 9 + 4, rights.OneSelf: 3} {
		for _, size := range []int64{1, 3000, 1 << 20} {
			t.Run(fmt.Sprintf("%s in volumes of %d bytes", scope, size), func(t *testing.T) {
				whole, w := newWorld(t), newWorld(t)
				want := whole.fetch(whole.found("ann").owner, scope).files
				all := w.volumes(w.found("ann").owner, scope, size)
				together := map[string]string{}
				for _, d := range all {
					for name, text := range d.files {
						if _, twice := together[name]; twice && name != "manifest.json" {
							t.Errorf("%s is in two volumes", name)
						}
						together[name] = text
					}
				}
				delete(together, "manifest.json")
				delete(want, "manifest.json")
				if !maps.Equal(together, want) {
					t.Errorf("together they have %v, want %v", slices.Sorted(maps.Keys(together)), slices.Sorted(maps.Keys(want)))
				}
				if size == 1 && len(all) < least || size > 1<<19 && len(all) != 1 || scope == rights.OneSelf && len(all) > least {
					t.Errorf("there are %d volumes", len(all))
				}
				if got := w.lines(); !slices.Equal(got, []string{"download requested", "download completed"}) {
					t.Errorf("the ledger has %q", got)
				}
			})
		}
	}
}

func TestALongDayIsCut(t *testing.T) {
	w := newWorld(t)
	w.CutAt(50)
	ann := w.found("ann")
	of, midnight := ann.apps[0], time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	w.events.records = nil
	for i := range 60 { // too many for a day
		w.events.add(of, midnight.Add(time.Duration(i%4)*time.Hour), fmt.Sprint("t", i), 24*time.Hour)
	}
	for i := range 55 { // and for an hour
		w.events.add(of, midnight.Add(5*time.Hour+time.Duration(i%30)*time.Minute), fmt.Sprint("t", 60+i), 24*time.Hour)
	}
	seen := map[string]int{}
	var names []string
	for _, d := range w.volumes(ann.owner, rights.WholeAccount, 500) {
		for name, text := range d.files {
			if !strings.HasPrefix(name, "telemetry/") {
				continue
			}
			names = append(names, name)
			for line := range strings.Lines(text) {
				seen[line]++
			}
		}
	}
	if len(seen) != 115 {
		t.Errorf("there are %d different events", len(seen))
	}
	for line, times := range seen {
		if times != 1 {
			t.Fatalf("%d times there is %s", times, line)
		}
	}
	if len(names) != 4+30 || !slices.Contains(names, "telemetry/"+string(of)+"/2026-03-14T03.jsonl") || !slices.Contains(names, "telemetry/"+string(of)+"/2026-03-14T05-29.jsonl") {
		t.Errorf("the files are %v", names)
	}
	w2 := newWorld(t)
	w2.CutAt(50)
	ann2 := w2.found("ann")
	w2.events.records = nil
	for i := range 51 {
		w2.events.add(ann2.apps[0], midnight, fmt.Sprint("t", i), 24*time.Hour)
	}
	if d := w2.fetch(ann2.owner, rights.WholeAccount); records("x.jsonl", d.files["telemetry/"+string(ann2.apps[0])+"/2026-03-14.jsonl"]) != 51 {
		t.Error("a download without volumes was cut")
	}
}

// Between two volumes a day can become one that is not too long any more.
func TestADayThatWasCutGoesOnWhereItWas(t *testing.T) {
	w := newWorld(t)
	w.CutAt(50)
	ann := w.found("ann")
	midnight := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	w.events.records = nil
	for i := range 60 {
		w.events.add(ann.apps[0], midnight.Add(time.Duration(i%4)*time.Hour), fmt.Sprint("t", i), 24*time.Hour)
	}
	x, _, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
	w.must(err)
	place := func(hour string) string { return "telemetry/" + string(ann.apps[0]) + "/2026-03-14" + hour + ".jsonl" }
	lines := int64(0)
	for after := place("T01"); after != ""; {
		var packed bytes.Buffer
		after, err = w.Write(t.Context(), ann.owner, string(x.Request), &packed, rights.Volume{After: after})
		w.must(err)
		d := w.unpack(packed.Bytes())
		for _, f := range d.manifest.Files {
			lines += f.Records
		}
		if d.files[place("T02")] == "" || d.files[place("T03")] == "" || lines != 30 {
			t.Errorf("the rest of the day is %+v", d.manifest.Files)
		}
	}
}

func TestAVolumeEndsWhenTheTimeIsNearlyOver(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	x, _, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
	w.must(err)
	ctx := deadline{t.Context(), w.time().Add(5 * time.Second)}
	var packed bytes.Buffer
	next, err := w.Write(ctx, ann.owner, string(x.Request), &packed, rights.Volume{})
	w.must(err)
	if next != "profile.json" {
		t.Errorf("it ended after %q", next)
	}
	w.unpack(packed.Bytes())
}

// deadline is a context that says when it ends, by the clock of the test.
type deadline struct {
	context.Context
	at time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.at, true }

// many is an application's telemetry that lies nowhere.
type many struct {
	of   app.ID
	n    int
	tell func(i int)
}

func (m many) Each(_ context.Context, of app.ID, from, to, _ time.Time, f func(telemetry.Event) error) error {
	if at := begin.Add(-time.Hour); of != m.of || at.Before(from) || !at.Before(to) {
		return nil
	}
	for i := range m.n {
		m.tell(i)
		if err := f(telemetry.Event{Node: "node", App: of, Topic: privacy.RecordedTopic(fmt.Sprintf("topic-%d-%x", i, i*7919)), At: begin.Add(-time.Hour)}); err != nil {
			return err
		}
	}
	return nil
}

func TestMemoryDoesNotGrowWithADownload(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	var lowest, highest uint64
	w.Events = many{of: ann.apps[0], n: 200_000, tell: func(i int) {
		if i%50_000 != 1000 {
			return
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if lowest == 0 {
			lowest = m.HeapAlloc
		}
		lowest, highest = min(lowest, m.HeapAlloc), max(highest, m.HeapAlloc)
	}}
	x, _, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
	w.must(err)
	var packed counter
	_, err = w.Write(t.Context(), ann.owner, string(x.Request), &packed, rights.Volume{})
	w.must(err)
	if packed < 1<<20 {
		t.Fatalf("only %d bytes came", packed)
	}
	// The events alone take 20 MB.
	if lowest == 0 || highest-lowest > 4<<20 {
		t.Errorf("between 1,000 and 151,000 events the heap went from %d to %d bytes", lowest, highest)
	}
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
