package rights_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/fault/faulttest"
	"tacet/core/job"
)

const gone = app.ID("88888888888888888888888888888888")

func TestADeletedApplicationsConnectionsAndTelemetryEnd(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	w.open[gone] = 5
	for range 5 {
		w.events.add(gone, begin, "gone", time.Hour)
	}
	w.put(job.Job{ID: "1", Kind: job.EraseApp, Account: string(ann.owner.Account), Apps: []app.ID{gone}, Started: begin}.Make())
	_, err := w.runner.Run(t.Context(), "1")
	w.must(err)
	if w.open[gone] != 0 || len(w.events.of(gone)) != 0 {
		t.Errorf("there are %d connections and %d events", w.open[gone], len(w.events.of(gone)))
	}
	w.open[gone] = 1 // somebody came while others still remembered it
	w.events.add(gone, w.time(), "late", time.Hour)
	w.work()
	if w.open[gone] != 0 || len(w.events.of(gone)) != 0 {
		t.Errorf("late there are %d connections and %d events", w.open[gone], len(w.events.of(gone)))
	}
	if len(w.events.of(ann.apps[0])) != 3 || w.open[ann.apps[0]] != 3 {
		t.Error("another application of the account has lost something")
	}
}

// restamping is what a change of plan leaves to be done.
func (e *estate) restamping(id job.ID, retention time.Duration) {
	e.w.put(job.Job{ID: id, Kind: job.Restamp, Account: string(e.owner.Account), Apps: e.apps[:1], Retention: retention, Started: begin}.Make())
}

func (e *estate) ends() (found []time.Duration) {
	for _, r := range e.w.events.of(e.apps[0]) {
		found = append(found, r.Expires.Sub(r.At))
	}
	return found
}

func TestANewPlansRetentionIsStamped(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	const month = 30 * 24 * time.Hour // of the plan team
	for i := range w.events.records {
		w.events.records[i].Expires = w.events.records[i].At.Add(90 * 24 * time.Hour)
	}
	ann.restamping("1", month)
	w.work()
	if got := ann.ends(); !slices.Equal(got, []time.Duration{month, month, month}) {
		t.Errorf("events end after %v", got)
	}
}

// What is being written while it is stamped, sums of it above all, keeps its end
// until all is stamped once more.
func TestWhatIsWrittenMeanwhileIsStampedToo(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	const month = 30 * 24 * time.Hour
	ann.restamping("1", month)
	for range 2 { // until it waits for the second time
		_, err := w.runner.Run(t.Context(), "1")
		w.must(err)
		w.advance(time.Hour)
	}
	w.events.add(ann.apps[0], w.time(), "late", 90*24*time.Hour)
	w.work()
	if got := ann.ends(); !slices.Equal(got, []time.Duration{month, month, month, month}) {
		t.Errorf("events end after %v", got)
	}
}

// Of two changes of plan that follow one another the last one counts, whichever
// job is done last.
func TestAFormerPlansRetentionIsNotStamped(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	was := ann.ends()
	ann.restamping("1", time.Hour)
	w.work()
	if got := ann.ends(); !slices.Equal(got, was) {
		t.Errorf("events end after %v", got)
	}
	w.put(directory.Delete(recordOf('a', ann.apps[0]), directory.Always))
	ann.restamping("2", 30*24*time.Hour)
	w.work() // of an application that was deleted
}

// The sweep of an account with more of everything than fits into one part.
func TestALargeAccountIsSweptInParts(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	for n := range 100 {
		id := app.ID(fmt.Sprintf("77777777%024x", n))
		ann.plant(id)
	}
	for n := range 300 {
		var lookups []string
		for i := range n % 40 {
			k := directory.Key{Part: directory.Part{Kind: 'p', ID: strings.Repeat("p", i+1)}, Name: string(ann.owner.Account) + "/" + strings.Repeat("n", n+1)[:n%200]}
			w.put(directory.Put(k, []byte("{}"), time.Time{}, directory.Always))
			lookups = append(lookups, `"`+k.String()+`"`)
		}
		w.put(directory.Put(ann.owner.Key("member/"+strings.Repeat("m", n%200+1)), []byte(`{"lookups":[`+strings.Join(lookups, ",")+`]}`), time.Time{}, directory.Always))
	}
	of := len(w.records())
	w.faults.Fail(0, faulttest.NotApplied)
	request, err := ann.delete()
	w.must(err)
	w.work()
	if left := len(w.memory.Raw()); left > 0 || len(w.events.records) > 0 {
		t.Errorf("%d records and %d events are left", left, len(w.events.records))
	}
	if got := removed(w.certificate(request)); got["directory"] != int64(of) || got["telemetry"] != 306 || got["connections"] != 306 {
		t.Errorf("the certificate says %v; there were %d records", got, of)
	}
}

// Whoever remembers an application of a deleted account forgets it before its
// connections end, so that their clients are not told to come back.
func TestNobodyRemembersTheApplicationsOfADeletedAccount(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	reader := &app.Reader{Directory: w.memory}
	remembered := ann.apps[0]
	_, err := reader.App(t.Context(), remembered)
	w.must(err)
	w.people.Changed = reader.Changed
	disconnect := w.people.Disconnect
	w.people.Disconnect = func(ctx context.Context, of app.ID) (int, bool, error) {
		if _, err := reader.App(ctx, of); !errors.Is(err, app.ErrNone) {
			t.Errorf("%s is there when its connections end: %v", of, err)
		}
		return disconnect(ctx, of)
	}
	w.put(job.Job{ID: "1", Kind: job.EraseAccount, Account: string(ann.owner.Account), Started: begin}.Make())
	_, err = w.runner.Run(t.Context(), "1")
	w.must(err)
	if w.open[remembered] != 0 {
		t.Error("its connections go on")
	}
}
