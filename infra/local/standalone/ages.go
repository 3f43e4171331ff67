package standalone

import (
	"context"
	"log/slog"
	"time"

	"tacet/core/app"
	"tacet/core/retention"
	"tacet/infra/embedded"
)

// Ages implements retention.Ages: how old the oldest records are that can still
// be read, and by how much older that is than was promised.
func (p *Platform) Ages(ctx context.Context, now time.Time) ([]retention.Age, error) {
	ages := embedded.Ages{Disk: p.disk, Retention: func(ctx context.Context, id app.ID) (time.Duration, error) {
		a, err := p.apps.App(ctx, id)
		if err != nil {
			return 0, err
		}
		return a.Limits().Retention, nil
	}}
	return ages.Ages(ctx, now)
}

// watch looks whether what was promised to end has ended.
type watch struct {
	ages retention.Ages
	log  *slog.Logger
	seen map[retention.Class]bool // the last time, too old
}

const (
	// tolerated is how much older than it may be something is before that is a
	// promise broken.
	tolerated = time.Hour
	// Between looks; and until the second one that makes sure: what a new plan
	// has ended is stamped anew within moments, but not at once.
	betweenLooks = time.Hour
	secondLook   = 5 * time.Minute
)

func (w *watch) run(ctx context.Context) {
	timer := time.NewTimer(secondLook) // the start has other things to do
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		timer.Reset(w.look(ctx, time.Now()))
	}
}

// look warns of each class that was too old the last time already, and returns
// when to look again.
func (w *watch) look(ctx context.Context, now time.Time) time.Duration {
	all, err := w.ages.Ages(ctx, now)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Error("could not look for the oldest records", "error", err)
		}
		return betweenLooks
	}
	again, seen := betweenLooks, map[retention.Class]bool{}
	for _, a := range all {
		if a.Excess <= tolerated {
			continue
		}
		if seen[a.Class] = true; !w.seen[a.Class] {
			again = secondLook
			continue
		}
		w.log.Warn("records can be read that ought to have ended", "class", string(a.Class), "oldest", a.Oldest, "excess", a.Excess.Round(time.Second).String())
	}
	w.seen = seen
	return again
}
