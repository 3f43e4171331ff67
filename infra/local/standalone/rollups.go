package standalone

import (
	"context"
	"log/slog"
	"time"
)

// roller keeps rollups up to date, minute by minute.
type roller struct {
	roll   func(ctx context.Context, now time.Time) error
	log    *slog.Logger
	failed bool // the last time
}

func (r *roller) run(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		r.once(ctx, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// once says when it begins to fail, and when that is over: what it could not do
// is done by the next one, and reports are right without.
func (r *roller) once(ctx context.Context, now time.Time) {
	err := r.roll(ctx, now)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !r.failed:
		r.log.Error("rollups are behind, and reports slower for it", "error", err)
	case err == nil && r.failed:
		r.log.Info("rollups are up to date again")
	}
	r.failed = err != nil
}
