package app

import (
	"time"

	"tacet/core/plan"
)

// Former is a shorter retention that an application has had. What happened then
// may have ended by it, in part, although the plan of now keeps it for longer.
type Former struct {
	Until     time.Time     `json:"until"` // it counts for days that began before
	Retention time.Duration `json:"retention"`
}

// staleness is how long after a change of plan there may still be somebody who
// records events by the former one.
const staleness = time.Hour

// Replan gives the application another plan, and notes the former retention if
// that was shorter. Of two such, it is the shorter one that counts, unless the
// later one has ended all that the earlier one was about.
func (a *App) Replan(to plan.Name, now time.Time) {
	was := a.Limits().Retention
	if a.Plan = to; a.Limits().Retention <= was {
		return
	}
	if former := a.Former; now.Before(former.Until.Add(was)) {
		was = min(was, former.Retention)
	}
	a.Former = Former{now.UTC().Add(staleness), was}
}

// WholeUntil returns until when everything that happened since start, which is
// not in the middle of a day, can be read, whatever the plans were meanwhile.
func (a *App) WholeUntil(start time.Time) time.Time {
	kept := a.Limits().Retention
	if start.Before(a.Former.Until) {
		kept = min(kept, a.Former.Retention)
	}
	return start.Add(kept)
}
