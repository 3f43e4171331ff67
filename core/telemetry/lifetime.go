package telemetry

import (
	"context"
	"time"

	"tacet/core/app"
)

// Lifetime is what can be done about telemetry that there is already. Each call
// does a part, some seconds long at most, and returns from where the next call
// goes on: "" when that was all, as it is to begin with. A call that failed may
// have done its part, and is repeated. Safe for concurrent use, with events of
// the same application being recorded too: those of after the first call may be
// left, and rollups that were on their way meanwhile. Who has to be sure goes
// through all of it once more, Settle after the end.
type Lifetime interface {
	// Erase removes an application's events and rollups, and returns how many
	// records that were.
	Erase(ctx context.Context, of app.ID, from string) (n int64, next string, err error)
	// Restamp lets an application's events, as far as they are still readable
	// at now, end retention after they happened, and returns how many that
	// were. Rollups end when their events do.
	Restamp(ctx context.Context, of app.ID, retention time.Duration, now time.Time, from string) (n int64, next string, err error)
}
