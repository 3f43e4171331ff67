package standalone

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/directory/directorytest"
	"tacet/core/job"
)

// work is a runner of jobs whose one step is what a test says, and what was done.
type work struct {
	*jobs
	mu  sync.Mutex
	did []string
}

func (w *work) done() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.did)
}

func newWork(do func(ctx context.Context, j *job.Job) error) *work {
	w := new(work)
	runner := &job.Runner{Directory: directorytest.NewMemory(time.Now), Now: time.Now, Steps: map[job.Kind][]job.Step{
		job.EraseApp: {{Name: "only", Do: func(ctx context.Context, j *job.Job) (bool, error) {
			w.mu.Lock()
			w.did = append(w.did, string(j.ID)[:1])
			w.mu.Unlock()
			return false, do(ctx, j)
		}}},
	}}
	w.jobs = newJobs(runner, slog.New(slog.DiscardHandler))
	return w
}

// leave leaves a job to be done.
func (w *work) leave(t *testing.T, id string, notBefore time.Time) {
	t.Helper()
	j := job.Job{ID: job.ID(id + "0000000000000000000000000000000"), Kind: job.EraseApp, NotBefore: notBefore}
	if _, err := w.runner.Directory.Apply(t.Context(), j.Make()); err != nil {
		t.Fatal(err)
	}
}

func TestJobsAreDoneAtTheStartWhenPokedAndInTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := newWork(func(context.Context, *job.Job) error { return nil })
		w.leave(t, "a", time.Time{})
		w.leave(t, "b", time.Now().Add(10*time.Minute))
		ended := make(chan struct{})
		go func() { w.run(ctx); close(ended) }()
		want := func(when string, all ...string) {
			t.Helper()
			synctest.Wait()
			if !slices.Equal(w.done(), all) {
				t.Errorf("%s: done are %v, want %v", when, w.done(), all)
			}
		}
		want("at the start", "a")
		time.Sleep(2 * breath) // it looks whether there is more
		w.leave(t, "c", time.Time{})
		want("nobody has said anything", "a")
		w.poke()
		w.poke()
		want("after a poke", "a", "c")
		time.Sleep(9 * time.Minute)
		want("before its time", "a", "c")
		time.Sleep(time.Minute)
		want("in its time", "a", "c", "b")
		cancel()
		<-ended
	})
}

func TestAJobThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		failures := 3
		w := newWork(func(context.Context, *job.Job) error {
			if failures--; failures >= 0 {
				return errors.New("not yet")
			}
			return nil
		})
		w.leave(t, "a", time.Time{})
		ended := make(chan struct{})
		go func() { w.run(ctx); close(ended) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(w.done()) != 4 {
			t.Errorf("tried %d times", len(w.done()))
		}
		cancel()
		<-ended
	})
}

// Whoever stops the platform does not wait for what takes long.
func TestAJobIsInterruptedByTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := newWork(func(ctx context.Context, _ *job.Job) error { <-ctx.Done(); return ctx.Err() })
		w.leave(t, "a", time.Time{})
		ended := make(chan struct{})
		go func() { w.run(ctx); close(ended) }()
		synctest.Wait()
		before := time.Now()
		cancel()
		<-ended
		if len(w.done()) != 1 || time.Since(before) > 0 {
			t.Errorf("%v, after %v", w.done(), time.Since(before))
		}
		if due, _, err := w.runner.Pending(t.Context()); err != nil || len(due) != 1 {
			t.Errorf("the job is not there any more: %v %v", due, err)
		}
	})
}
