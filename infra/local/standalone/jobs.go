package standalone

import (
	"context"
	"log/slog"
	"time"

	"tacet/core/job"
)

// jobs does what was left to be done, one job at a time: at the start what a
// process before has not finished, then what somebody pokes about.
type jobs struct {
	runner *job.Runner
	log    *slog.Logger
	poked  chan struct{}
}

func newJobs(r *job.Runner, log *slog.Logger) *jobs {
	return &jobs{runner: r, log: log, poked: make(chan struct{}, 1)}
}

// poke says that there may be something to do.
func (j *jobs) poke() {
	select {
	case j.poked <- struct{}{}:
	default: // it is known already
	}
}

// Pauses between looks: after one that failed, or in which nothing could be
// gone on with; and when nothing is known to come.
const (
	breath = time.Second
	patrol = time.Hour
)

// run does jobs until ctx ends, which interrupts what is being done.
func (j *jobs) run(ctx context.Context) {
	for ctx.Err() == nil {
		timer := time.NewTimer(j.round(ctx))
		select {
		case <-ctx.Done():
		case <-j.poked:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// round goes on with what can be gone on with, and returns when to look again.
func (j *jobs) round(ctx context.Context) time.Duration {
	due, next, err := j.runner.Pending(ctx)
	if err != nil {
		j.failed(ctx, "could not look for jobs", err)
		return breath
	}
	for _, id := range due {
		if _, err := j.runner.Run(ctx, id); err != nil {
			j.failed(ctx, "a job goes on later", err)
		}
	}
	switch {
	case len(due) > 0: // they may be done, or wait for something
		return breath
	case next.IsZero():
		return patrol
	}
	return min(max(next.Sub(j.runner.Now()), breath), patrol)
}

func (j *jobs) failed(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		j.log.Error(what, "error", err)
	}
}
