package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tacet/infra/load/swarm"
)

// Progress says where a run is.
type Progress struct {
	Step, Steps int // from 1
	Round       int // from 1
	Target      string
	Part        string // what begins now; empty when the run is over
}

// Run measures by the plan. It calls progress (if not nil) before each step and once more at the end, in the calling
// goroutine.
//
// A step that fails does not end the run: the other targets and rounds go on, the report lacks what could not be
// measured, and the error joins all failures. When the context ends, the run does, with what it has so far.
func Run(ctx context.Context, plan Plan, progress func(Progress)) (Report, error) {
	if err := plan.check(); err != nil {
		return Report{}, err
	}
	if err := swarm.AllowFiles(plan.Sizes[len(plan.Sizes)-1]); err != nil { // before servers start: they inherit it
		return Report{}, err
	}
	r := run{
		plan: &plan, progress: progress, sheet: newSheet(&plan),
		at: Progress{Steps: plan.Rounds * len(plan.Targets) * (len(plan.Sizes) + 1)},
	}
	started := time.Now()
	failures := r.rounds(ctx)
	r.step("")
	return r.sheet.report(started), errors.Join(failures...)
}

// rounds goes over the targets, beginning with another one in each round.
func (r *run) rounds(ctx context.Context) (failures []error) {
	plan := r.plan
	for round := range plan.Rounds {
		for i := range plan.Targets {
			target := (round + i) % len(plan.Targets)
			r.at.Round, r.at.Target = round+1, plan.Targets[target].Name
			steps := r.at.Step
			if err := r.target(ctx, target); err != nil {
				failures = append(failures, fmt.Errorf("round %d, %s: %w", round+1, plan.Targets[target].Name, err))
			}
			if ctx.Err() != nil {
				return failures
			}
			r.at.Step = steps + len(plan.Sizes) + 1
		}
	}
	return failures
}

// run is a run under way.
type run struct {
	plan     *Plan
	progress func(Progress)
	sheet    *sheet
	at       Progress
}

func (r *run) step(part string, arguments ...any) {
	r.at.Step = min(r.at.Step+1, r.at.Steps)
	r.at.Part = fmt.Sprintf(part, arguments...)
	if r.progress != nil {
		r.progress(r.at)
	}
}

// target measures one target in one round, with two fresh servers: one that is filled at once, for memory and
// connections are to be had from a server that did nothing else, and one that grows from size to size.
func (r *run) target(ctx context.Context, target int) error {
	last := len(r.plan.Sizes) - 1
	return errors.Join(
		r.serve(ctx, target, func(t *trial) error { return t.fill(ctx, r.plan.Sizes[last]) }),
		r.serve(ctx, target, func(t *trial) error { return t.growth(ctx, r.plan.Sizes[:last]) }),
	)
}

// startPatience bounds the start of a server.
const startPatience = 30 * time.Second

// serve has a trial on a server that is started for it.
func (r *run) serve(ctx context.Context, target int, measure func(*trial) error) (err error) {
	starting, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	server, err := r.plan.Targets[target].Start(starting)
	if err != nil {
		return fmt.Errorf("starting: %w", err)
	}
	if server.Stop != nil {
		defer func() { err = errors.Join(err, server.Stop()) }()
	}
	return measure(&trial{run: r, server: server, target: target})
}
