package standalone

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// troubles logs what fails while a verb goes on all the same, each sort once a
// second at most: a disk that is behind fails a hundred thousand times in one.
type troubles struct {
	mu    sync.Mutex
	sorts map[string]*trouble // by what failed: a handful
}

type trouble struct {
	logged time.Time
	since  int // how often it has failed since then, unlogged
}

// sink returns the function to tell.
func (t *troubles) sink(log *slog.Logger, now func() time.Time) func(context.Context, string, error) {
	return func(ctx context.Context, what string, err error) {
		if unlogged, due := t.count(what, now()); due {
			log.WarnContext(ctx, "something failed on the side", "what", what, "error", err, "unlogged", unlogged)
		}
	}
}

// count reports whether a line is due, and how many failures had none.
func (t *troubles) count(what string, now time.Time) (unlogged int, due bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sort := t.sorts[what]
	if sort == nil {
		if t.sorts == nil {
			t.sorts = map[string]*trouble{}
		}
		sort = new(trouble)
		t.sorts[what] = sort
	}
	if now.Sub(sort.logged) < time.Second {
		sort.since++
		return 0, false
	}
	unlogged = sort.since
	*sort = trouble{logged: now}
	return unlogged, true
}
