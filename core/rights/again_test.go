package rights_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"tacet/core/directory"
	"tacet/core/fault/faulttest"
)

// restore puts back the directory, as it was when records were copied, and the
// telemetry of an account.
func (w *world) restore(all []directory.Record, e *estate) {
	w.Helper()
	for _, r := range all {
		w.put(directory.Put(r.Key, r.Value, r.Expires, directory.Always))
	}
	for _, id := range e.apps {
		w.events.add(id, w.time(), e.marker+"-restored", 1<<50)
	}
}

func TestWhatWasDeletedIsDeletedAgainWhenAnOldCopyBringsItBack(t *testing.T) {
	w := newWorld(t)
	bob := w.found("bob")
	ann := w.found("ann")
	copied, before := w.memory.All(), w.records()
	request, err := ann.delete()
	w.must(err)
	w.work()
	certificate := w.certificate(request)
	after := w.records()

	w.restore(copied, ann)
	if got := w.records(); !maps.Equal(got, before) {
		t.Fatal("nothing was restored")
	}
	for range 2 {
		if again, err := w.Again(t.Context(), ann.owner.Account); err != nil || !again {
			t.Errorf("what was deleted: %v, %v", again, err)
		}
		if again, err := w.Again(t.Context(), bob.owner.Account); err != nil || again {
			t.Errorf("what was not: %v, %v", again, err)
		}
	}
	w.work()
	if found := w.scan(ann.needles()); len(found) > 0 {
		t.Errorf("this is left:\n%s", strings.Join(found, "\n"))
	}
	if got := w.records(); !maps.Equal(got, after) {
		t.Errorf("there are %d records, and there were %d when it was deleted", len(got), len(after))
	}
	if got := w.lines(); !slices.Equal(got, []string{"deletion requested", "deletion completed"}) {
		t.Errorf("the ledger has %q", got)
	}
	if got := w.certificate(request); !got.Finished.Equal(certificate.Finished) {
		t.Errorf("there is another certificate, of %v", got.Finished)
	}
}

// A deletion that was only asked for, and of which nothing came, is not made up
// for: who asked was told that it had failed.
func TestWhatWasOnlyAskedForIsNotDeletedLater(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	w.faults.Fail(0, faulttest.NotApplied)
	_, err := ann.delete()
	w.must(err)
	calls := w.faults.Stop()
	asked := slices.IndexFunc(calls, func(c string) bool { return strings.HasPrefix(c, "Append") })
	if asked < 0 {
		t.Fatalf("the calls are %v", calls)
	}

	w = newWorld(t)
	ann = w.found("ann")
	w.faults.Crash(asked+1, faulttest.AppliedButFailed)
	if _, err := ann.delete(); err == nil {
		t.Fatal("it did not fail")
	}
	w.faults.Stop()
	if got := w.lines(); !slices.Equal(got, []string{"deletion requested"}) {
		t.Fatalf("the ledger has %q", got)
	}
	if again, err := w.Again(t.Context(), ann.owner.Account); err != nil || again {
		t.Errorf("it is deleted: %v, %v", again, err)
	}

	// Without its key it is as good as deleted.
	w.must(w.vault.Destroy(t.Context(), string(ann.owner.Account)))
	if again, err := w.Again(t.Context(), ann.owner.Account); err != nil || !again {
		t.Errorf("it is not deleted: %v, %v", again, err)
	}
}

func TestDeletingAgainMayFailAnywhereAndBeRepeated(t *testing.T) {
	prepare := func() (*world, *estate) {
		w := newWorld(t)
		ann := w.found("ann")
		copied := w.memory.All()
		_, err := ann.delete()
		w.must(err)
		w.work()
		w.restore(copied, ann)
		return w, ann
	}
	clean, ann := prepare()
	clean.faults.Fail(0, faulttest.NotApplied)
	_, err := clean.Again(t.Context(), ann.owner.Account)
	clean.must(err)
	for n, call := range clean.faults.Stop() {
		for _, how := range faulttest.Ways {
			w, ann := prepare()
			w.faults.Fail(n+1, how)
			if _, err := w.Again(t.Context(), ann.owner.Account); !errors.Is(err, faulttest.ErrInjected) {
				t.Errorf("call %d, %s, %s: %v", n+1, call, how, err)
			}
			w.faults.Stop()
			if again, err := w.Again(t.Context(), ann.owner.Account); err != nil || !again {
				t.Errorf("call %d, %s, %s: repeated: %v, %v", n+1, call, how, again, err)
			}
			w.work()
			if found := w.scan(ann.needles()); len(found) > 0 {
				t.Errorf("call %d, %s, %s: %d things are left", n+1, call, how, len(found))
			}
		}
	}
}
