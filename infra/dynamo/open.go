package dynamo

import (
	"context"
	"math"
	"time"

	"tacet/core/app"
)

// How long a number of open connections is good enough: so long for each of
// them, because as much as there are it costs to count them, and no longer than
// the shortest time that a report tells apart.
const (
	openEach = 10 * time.Millisecond
	openMost = time.Minute
)

// CountOpen returns how many connections an application has, as events record
// it. What was counted is remembered in this process, for as long as it is
// large; and counting is eventually consistent, so that the one that came or
// went last may or may not be in it.
func (r *Realtime) CountOpen(ctx context.Context, of app.ID) (int, error) {
	if n, known := r.open.get(of, r.now()); known {
		return n, nil
	}
	n, err := r.count(ctx, members(of), math.MaxInt, false)
	if err != nil {
		return 0, err
	}
	r.open.keep(of, n, min(time.Duration(n)*openEach, openMost), r.now())
	return n, nil
}
