package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tacet/core/directory"
)

// Step is a part of what is to be done for a kind of job.
type Step struct {
	// Name is kept in jobs: it does not change, and is unique in its kind.
	Name string
	// Do does something of it, some seconds long at most, and reports whether
	// there is more of it to do. It notes in the job's Cursor, Apps, Counts and
	// NotBefore what it wants to find there the next time, and leaves the other
	// fields alone; but to go back to an earlier step, it sets Step, empties
	// Cursor, and says that there is more. What it did may have happened before,
	// and what it noted may be lost, so that it is done again; or at the same
	// time by somebody else.
	Do func(ctx context.Context, j *Job) (more bool, err error)
}

// Pauses after a part that failed: the first, and the longest.
const (
	firstPause   = 5 * time.Second
	longestPause = time.Hour
)

// Margin is how much of a context's time must be left for a part to begin.
const Margin = 10 * time.Second

// Runner does jobs. Its fields are set once and not changed. Safe for concurrent
// use; several of them at once, in different processes too, do no harm: only one
// keeps its place, and the others find that out after one part.
type Runner struct {
	Directory directory.Directory
	// Steps are the steps of each kind of job, in their order. One that jobs
	// may be in the middle of is not renamed: such a job begins anew.
	Steps map[Kind][]Step
	Now   func() time.Time
}

// Run goes on with a job, and reports whether it is done: also when there is
// none, because it was done before. Otherwise it returns when the context's time
// is nearly over, when the job is to wait, or when somebody else is at it. A
// part that fails is tried again by a later call, after a pause that grows; the
// job is never given up.
func (r *Runner) Run(ctx context.Context, id ID) (done bool, err error) {
	for {
		record, j, err := r.read(ctx, id)
		switch {
		case errors.Is(err, directory.ErrAbsent):
			return true, nil
		case err != nil:
			return false, err
		case r.Now().Before(j.NotBefore) || !r.hasTime(ctx):
			return false, nil
		}
		switch done, err := r.part(ctx, record, j); {
		case errors.Is(err, errElsewhere):
			return false, nil
		case done || err != nil:
			return done, err
		}
	}
}

// errElsewhere says that somebody else goes on with the job.
var errElsewhere = errors.New("the job is done elsewhere at the same time")

// part does one part of a job.
func (r *Runner) part(ctx context.Context, record directory.Record, j *Job) (done bool, err error) {
	steps := r.Steps[j.Kind]
	at := max(0, slices.IndexFunc(steps, func(s Step) bool { return s.Name == j.Step }))
	if len(steps) == 0 {
		return false, r.pause(ctx, record, fmt.Errorf("nobody knows how to do a job of kind %q", j.Kind))
	}
	if steps[at].Name != j.Step {
		j.Step, j.Cursor = steps[at].Name, ""
	}
	more, err := steps[at].Do(ctx, j)
	switch {
	case ctx.Err() != nil:
		return false, errors.Join(ctx.Err(), err) // it was interrupted, which is no failure of its own
	case err != nil:
		return false, r.pause(ctx, record, fmt.Errorf("job %s, step %s: %w", j.ID, steps[at].Name, err))
	}
	j.Failures = 0
	if !more {
		if at++; at == len(steps) {
			err := r.apply(ctx, j, directory.Remove(record))
			return err == nil, err
		}
		j.finish(steps[at].Name, r.Now())
	}
	return false, r.save(ctx, record, j)
}

// finish notes that the step is done, and which one is next.
func (j *Job) finish(next string, now time.Time) {
	if j.Times == nil {
		j.Times = map[string]time.Time{}
	}
	j.Times[j.Step] = now.UTC().Truncate(time.Millisecond)
	j.Step, j.Cursor = next, ""
}

// pause counts a failure, and lets the job wait. What the step has noted is
// forgotten: who failed knows nothing for sure.
func (r *Runner) pause(ctx context.Context, record directory.Record, because error) error {
	j, err := decode(record)
	if err != nil {
		return errors.Join(because, err)
	}
	pause := longestPause
	if j.Failures < 20 {
		pause = min(pause, firstPause<<j.Failures)
	}
	j.Failures++
	j.NotBefore = r.Now().Add(pause).UTC().Truncate(time.Millisecond)
	if err := r.save(ctx, record, j); err != nil && !errors.Is(err, errElsewhere) {
		return errors.Join(because, err)
	}
	return because
}

func (r *Runner) save(ctx context.Context, record directory.Record, j *Job) error {
	value, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return r.apply(ctx, j, directory.Replace(record, value))
}

// apply makes the changes of a part together with that of the job.
func (r *Runner) apply(ctx context.Context, j *Job, own directory.Change) error {
	_, err := r.Directory.Apply(ctx, append(j.with, own)...)
	if errors.Is(err, directory.ErrConflict) {
		return errElsewhere
	}
	return err
}

func (r *Runner) read(ctx context.Context, id ID) (directory.Record, *Job, error) {
	record, err := r.Directory.Get(ctx, id.key())
	if err != nil {
		return record, nil, err
	}
	j, err := decode(record)
	return record, j, err
}

func decode(record directory.Record) (*Job, error) {
	j := new(Job)
	if err := json.Unmarshal(record.Value, j); err != nil {
		return nil, fmt.Errorf("the job %s cannot be read: %w", record.Name, err)
	}
	return j, nil
}

// hasTime reports whether there is time to begin something else.
func (r *Runner) hasTime(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	end, ends := ctx.Deadline()
	left := end.Sub(r.Now())
	return !ends || left > Margin || left < 0 // by another clock than the context's
}

// Pending returns the jobs that can be gone on with, and when the next of the
// others can; zero if there is none. One that cannot be read is among the first:
// Run says what is wrong with it.
func (r *Runner) Pending(ctx context.Context) (due []ID, next time.Time, err error) {
	now := r.Now()
	for after := ""; ; {
		page, more, err := r.Directory.List(ctx, Part, "", after, directory.MaxPage)
		if err != nil {
			return nil, time.Time{}, err
		}
		for _, record := range page {
			j, err := decode(record)
			switch {
			case err != nil || !now.Before(j.NotBefore):
				due = append(due, ID(record.Name))
			case next.IsZero() || j.NotBefore.Before(next):
				next = j.NotBefore
			}
		}
		if after = more; after == "" {
			return due, next, nil
		}
	}
}

// Progress is how far a job has come.
type Progress struct {
	Job
	Done, Steps int // how many steps are done, and how many there are
}

// Progress returns how far a job has come, or directory.ErrAbsent: it is done, or
// there never was one.
func (r *Runner) Progress(ctx context.Context, id ID) (Progress, error) {
	_, j, err := r.read(ctx, id)
	if err != nil {
		return Progress{}, err
	}
	steps := r.Steps[j.Kind]
	at := slices.IndexFunc(steps, func(s Step) bool { return s.Name == j.Step })
	return Progress{Job: *j, Done: max(0, at), Steps: len(steps)}, nil
}
