package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/directory/directorytest"
	"tacet/core/fault/faulttest"
	"tacet/core/job"
)

var begin = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

const id = job.ID("11111111111111111111111111111111")

// bench is a runner of one kind of job, which moves stones from one heap to
// another, in a directory, two at a time, then waits, and then paints them.
type bench struct {
	t      *testing.T
	now    time.Time
	store  *directorytest.Memory
	faults faulttest.Faults
	runner *job.Runner
	broken error // what painting returns
}

const stones = 5

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: begin}
	b.store = directorytest.NewMemory(func() time.Time { return b.now })
	b.runner = &job.Runner{
		Directory: directorytest.WithFaults(b.store, &b.faults), Now: func() time.Time { return b.now },
		Steps: map[job.Kind][]job.Step{job.EraseApp: {{"move", b.move}, {"wait", b.wait}, {"paint", b.paint}}},
	}
	for i := range stones {
		b.apply(directory.Put(stone("from", i), nil, time.Time{}, directory.Always))
	}
	b.apply(job.Job{ID: id, Kind: job.EraseApp, Started: begin}.Make())
	return b
}

func stone(heap string, i int) directory.Key {
	return directory.Key{Part: directory.Part{Kind: 'o', ID: heap}, Name: fmt.Sprint(i)}
}

func (b *bench) apply(c ...directory.Change) {
	b.t.Helper()
	if _, err := b.store.Apply(b.t.Context(), c...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) move(ctx context.Context, j *job.Job) (bool, error) {
	page, next, err := b.runner.Directory.List(ctx, stone("from", 0).Part, "", "", 2)
	for _, r := range page {
		to := r.Key
		to.ID = "to"
		j.With(directory.Remove(r), directory.Put(to, nil, time.Time{}, directory.IfAbsent))
		j.Count("moved", 1)
	}
	return next != "", err
}

func (b *bench) wait(_ context.Context, j *job.Job) (bool, error) {
	if j.Cursor == "waited" {
		return false, nil
	}
	j.Cursor, j.NotBefore = "waited", b.now.Add(time.Minute)
	return true, nil
}

func (b *bench) paint(_ context.Context, j *job.Job) (bool, error) {
	if b.broken != nil {
		j.Cursor, j.Counts = "half", nil
		j.With(directory.Put(stone("paint", 9), nil, time.Time{}, directory.Always))
		return false, b.broken
	}
	j.With(directory.Put(stone("paint", 0), fmt.Append(nil, j.Counts), time.Time{}, directory.Always))
	return false, nil
}

func (b *bench) run() (bool, error) { return b.runner.Run(b.t.Context(), id) }

// finish runs until the job is done, and waits when it wants to wait.
func (b *bench) finish() {
	b.t.Helper()
	for range 100 {
		if done, _ := b.run(); done {
			return
		}
		b.now = b.now.Add(time.Minute)
	}
	b.t.Fatal("it is never done")
}

// state is everything that lies there, without versions.
func (b *bench) state() string {
	var lines []string
	for _, r := range b.store.All() {
		lines = append(lines, r.Key.String()+" "+string(r.Value))
	}
	return strings.Join(lines, "\n")
}

func (b *bench) progress() job.Progress {
	b.t.Helper()
	p, err := b.runner.Progress(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func TestAJobIsDoneStepByStep(t *testing.T) {
	b := newBench(t)
	if done, err := b.run(); done || err != nil {
		t.Fatalf("done: %v, %v, before it has waited", done, err)
	}
	p := b.progress()
	if p.Step != "wait" || p.Done != 1 || p.Steps != 3 || p.Counts["moved"] != stones || !p.NotBefore.Equal(b.now.Add(time.Minute)) || !p.Times["move"].Equal(begin) {
		t.Errorf("progress is %+v", p)
	}
	b.now = b.now.Add(time.Minute - 1)
	if done, err := b.run(); done || err != nil || b.progress().Step != "wait" {
		t.Errorf("it did not wait: %v, %v", done, err)
	}
	b.now = b.now.Add(1)
	if done, err := b.run(); !done || err != nil {
		t.Fatalf("done: %v, %v, after it has waited", done, err)
	}
	if want := "o#paint#0 map[moved:5]\n" + "o#to#0 \no#to#1 \no#to#2 \no#to#3 \no#to#4 "; b.state() != want {
		t.Errorf("there is\n%s", b.state())
	}
	if done, err := b.run(); !done || err != nil {
		t.Errorf("a job that is done: %v, %v", done, err)
	}
	if _, err := b.runner.Progress(t.Context(), id); !errors.Is(err, directory.ErrAbsent) {
		t.Errorf("progress of a job that is done: %v", err)
	}
}

// Wherever it is interrupted, and whether or not the call that was interrupted
// had an effect, the end is the same, and what was counted is what was done.
func TestACrashAnywhereChangesNothing(t *testing.T) {
	clean := newBench(t)
	clean.faults.Fail(0, faulttest.NotApplied)
	clean.finish()
	calls := clean.faults.Stop()
	if len(calls) < 10 {
		t.Fatalf("only %d calls: %q", len(calls), calls)
	}
	for n, call := range calls {
		for _, how := range faulttest.Ways {
			for _, set := range []func(*faulttest.Faults, int, faulttest.How){(*faulttest.Faults).Fail, (*faulttest.Faults).Crash} {
				b := newBench(t)
				set(&b.faults, n+1, how)
				for range len(calls) {
					if _, err := b.run(); err != nil {
						break
					}
					b.now = b.now.Add(time.Minute)
				}
				b.faults.Stop()
				b.now = b.now.Add(time.Hour)
				b.finish()
				if b.state() != clean.state() {
					t.Errorf("%d %s %s: there is\n%s\nwant\n%s", n+1, call, how, b.state(), clean.state())
				}
			}
		}
	}
}

func TestTwoRunnersAtOnceDoNoHarm(t *testing.T) {
	clean := newBench(t)
	clean.finish()
	calls := 40 // more than there are
	for n := 1; n < calls; n++ {
		b := newBench(t)
		other := &job.Runner{Directory: b.store, Steps: b.runner.Steps, Now: b.runner.Now}
		// In the middle of whatever the one does, the other does it all up to the
		// next wait.
		b.faults.Hook(func(at int, _ string) {
			if at == n {
				if _, err := other.Run(t.Context(), id); err != nil {
					t.Errorf("the other: %v", err)
				}
			}
		})
		b.finish()
		if b.state() != clean.state() {
			t.Errorf("overtaken at call %d: there is\n%s\nwant\n%s", n, b.state(), clean.state())
		}
	}
}

func TestAFailureIsCountedAndTriedAgainAfterAPauseThatGrows(t *testing.T) {
	b := newBench(t)
	b.broken = errors.New("the paint is dry")
	b.run()
	b.now = b.now.Add(time.Minute)
	var pauses []time.Duration
	for n := 1; n < 30; n++ {
		if done, err := b.run(); done || !errors.Is(err, b.broken) {
			t.Fatalf("done: %v, %v", done, err)
		}
		p := b.progress()
		if p.Failures != n || p.Step != "paint" || p.Cursor != "" || p.Counts["moved"] != stones {
			t.Fatalf("after %d failures it is %+v", n, p)
		}
		pauses = append(pauses, p.NotBefore.Sub(b.now))
		b.now = p.NotBefore
	}
	if pauses[0] < time.Second || !slices.IsSorted(pauses) || pauses[3] <= pauses[0] || pauses[28] > time.Hour {
		t.Errorf("the pauses are %v", pauses)
	}
	if strings.Contains(b.state(), "o#paint#9") {
		t.Error("changes of a part that failed were made")
	}
	b.broken = nil
	if done, err := b.run(); !done || err != nil {
		t.Errorf("done: %v, %v", done, err)
	}
}

func TestWhatWorksAgainHasNotFailedBefore(t *testing.T) {
	b := newBench(t)
	b.faults.Fail(2, faulttest.NotApplied) // listing the stones
	if _, err := b.run(); !errors.Is(err, faulttest.ErrInjected) || b.progress().Failures != 1 {
		t.Fatalf("%v, %+v", err, b.progress())
	}
	b.now = b.now.Add(time.Hour)
	if _, err := b.run(); err != nil || b.progress().Failures != 0 {
		t.Errorf("%v, %+v", err, b.progress())
	}
}

func TestAConflictInsideAStepIsAFailureLikeAnyOther(t *testing.T) {
	b := newBench(t)
	b.broken = fmt.Errorf("of its own: %w", directory.ErrConflict)
	b.run()
	b.now = b.now.Add(time.Minute)
	if done, err := b.run(); done || !errors.Is(err, b.broken) || b.progress().Failures != 1 {
		t.Errorf("done: %v, %v, %+v", done, err, b.progress())
	}
}

func TestNothingBeginsWhenTheTimeIsNearlyOver(t *testing.T) {
	b := newBench(t)
	for left, want := range map[time.Duration]string{job.Margin: "", job.Margin + time.Hour: "wait"} {
		b := newBench(t)
		ctx := deadline{t.Context(), b.now.Add(left)}
		if done, err := b.runner.Run(ctx, id); done || err != nil {
			t.Errorf("done: %v, %v", done, err)
		}
		if got := b.progress().Step; got != want {
			t.Errorf("with %v left it came to step %q, want %q", left, got, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if done, _ := b.runner.Run(ctx, id); done || b.progress().Failures != 0 {
		t.Error("to be interrupted is no failure")
	}
}

// deadline is a context that says when it ends, by the clock of the test.
type deadline struct {
	context.Context
	at time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.at, true }

func TestPendingAreThoseThatAreDue(t *testing.T) {
	b := newBench(t)
	pending := func(wantNext time.Time, want ...job.ID) {
		t.Helper()
		got, next, err := b.runner.Pending(t.Context())
		if err != nil || !slices.Equal(got, want) || !next.Equal(wantNext) {
			t.Errorf("pending are %v, the next is due %v (%v); want %v, %v", got, next, err, want, wantNext)
		}
	}
	later := job.ID("22222222222222222222222222222222")
	b.apply(job.Job{ID: later, Kind: job.EraseApp, NotBefore: begin.Add(30 * time.Second)}.Make())
	pending(begin.Add(30*time.Second), id)
	b.run()
	pending(begin.Add(30 * time.Second))
	b.now = begin.Add(30 * time.Second)
	pending(begin.Add(time.Minute), later)
	b.now = begin.Add(time.Minute)
	pending(time.Time{}, id, later)
	b.finish()
	pending(time.Time{}, later)
}

func TestAJobThatNobodyUnderstandsIsNotLost(t *testing.T) {
	for name, value := range map[string]string{
		"of an unknown kind": `{"id":"33333333333333333333333333333333","kind":"dance","step":"one","failures":12}`,
		"that is no JSON":    `{"id":`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			odd := job.ID("33333333333333333333333333333333")
			b.apply(directory.Put(directory.Key{Part: job.Part, Name: string(odd)}, []byte(value), time.Time{}, directory.Always))
			if done, err := b.runner.Run(t.Context(), odd); done || err == nil {
				t.Errorf("done: %v, %v", done, err)
			}
			b.now = b.now.Add(2 * time.Hour)
			if due, _, err := b.runner.Pending(t.Context()); err != nil || !slices.Contains(due, odd) || !slices.Contains(due, id) {
				t.Errorf("pending are %v (%v)", due, err)
			}
		})
	}
}

func TestAStepThatWasRenamedBeginsTheJobAnew(t *testing.T) {
	b := newBench(t)
	b.run()
	steps := b.runner.Steps[job.EraseApp]
	steps[1].Name = "rest"
	b.now = b.now.Add(time.Hour)
	b.run()
	b.now = b.now.Add(time.Hour)
	if done, err := b.run(); !done || err != nil || !strings.Contains(b.state(), "map[moved:5]") {
		t.Errorf("done: %v, %v\n%s", done, err, b.state())
	}
}

func TestAJobIsMadeOnce(t *testing.T) {
	b := newBench(t)
	if _, err := b.store.Apply(t.Context(), job.Job{ID: id, Kind: job.Restamp}.Make()); !errors.Is(err, directory.ErrConflict) {
		t.Errorf("made again: %v", err)
	}
	full := job.Job{
		ID: "44444444444444444444444444444444", Kind: job.Restamp, Account: "a", Apps: []app.ID{"b"}, Who: "c", Started: begin,
		NotBefore: begin.Add(time.Hour), Step: "d", Cursor: "e", Retention: time.Hour, Counts: map[string]int64{"f": 1},
		Times: map[string]time.Time{"g": begin}, Failures: 2,
	}
	b.apply(full.Make())
	p, err := b.runner.Progress(t.Context(), full.ID)
	got, _ := json.Marshal(p.Job)
	want, _ := json.Marshal(full)
	if err != nil || string(got) != string(want) {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}
