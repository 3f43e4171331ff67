package account

import (
	"context"

	"tacet/core/directory"
	"tacet/core/job"
	"tacet/core/plan"
)

// SetPlan changes an application's plan. What telemetry there is gets the new
// retention, shorter or longer, by a job; what is too old for the new plan is
// not to be read any more from now on.
func (c *Caller) SetPlan(ctx context.Context, id string, p plan.Name, v directory.Version) (*Application, error) {
	of, err := c.touch(id, ChangePlans)
	if err != nil {
		return nil, err
	}
	to, err := plan.ByName(p)
	if err != nil {
		return nil, err
	}
	rest := c.rest(job.Restamp, of)
	rest.Retention = to.Retention
	left := false
	a, err := c.change(ctx, of, ChangePlans, v, func(a *Application) ([]directory.Change, bool) {
		was, err := plan.ByName(a.Plan)
		if a.Plan == p {
			return nil, false
		}
		a.Plan = p
		if left = err != nil || was.Retention != to.Retention; !left {
			return nil, true
		}
		return []directory.Change{rest.Make()}, true
	})
	if err == nil && left {
		c.s.begin(ctx, rest)
	}
	return a, err
}
