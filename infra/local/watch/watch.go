package watch

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"tacet/core/retention"
	"tacet/infra/metrics"
)

// Options say what to watch. Those that may be nil are of things that a host
// does not have.
type Options struct {
	Counts      *metrics.Counts
	Version     string
	Node        string
	Connections func() int
	// Ready returns nil if the stores answer and nobody stops the platform.
	Ready func(context.Context) error
	Ages  retention.Ages // may be nil
	// Space returns what the data folder has, in bytes. Nil in memory.
	Space func() (Space, error)
	// Jobs returns how many jobs wait to be gone on with. May be nil.
	Jobs func(context.Context) (int, error)
	// Rolled and Reclaimed return when telemetry was last summed up, and when
	// space was last given back; zero for never. May be nil.
	Rolled, Reclaimed func() time.Time
	Now               func() time.Time
	Log               *slog.Logger // made by package logging
}

// Space is how much a data folder holds, and how much more it can.
type Space struct {
	Used uint64 `json:"usedBytes"`
	Free uint64 `json:"freeBytes"`
}

// Watch watches. Made by New.
type Watch struct {
	Options
	started time.Time
	rates   rates
	found   atomic.Pointer[findings]
}

// findings are what had to be searched for.
type findings struct {
	ages  []retention.Age
	space *Space
	jobs  *int
}

// New returns a watch of what has just started.
func New(o Options) *Watch {
	w := &Watch{Options: o, started: o.Now()}
	w.found.Store(&findings{})
	w.rates.add(sample{at: w.started})
	return w
}

// How often the counts are looked at, and how often what costs more.
const (
	often  = 5 * time.Second
	seldom = time.Minute
)

// Run looks, until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	w.search(ctx)
	tick := time.NewTicker(often)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		w.look()
		if n%int(seldom/often) == 0 {
			w.search(ctx)
		}
	}
}

// look notes what was counted until now.
func (w *Watch) look() { w.rates.add(sampleOf(w.Now(), w.Counts.Totals())) }

// broken is from when on a record that can still be read breaks a promise.
const broken = time.Hour

// classes are those that figures are labelled with.
var classes = []retention.Class{retention.Events, retention.Rollups, retention.Activity, retention.Requests}

// search finds out what has to be searched for. What fails is left out.
func (w *Watch) search(ctx context.Context) {
	f := new(findings)
	if w.Ages != nil {
		ages, err := w.Ages.Ages(ctx, w.Now())
		w.failed(ctx, "could not look how old records are", err)
		f.ages = slices.DeleteFunc(retention.Worst(ages), func(a retention.Age) bool { return !slices.Contains(classes, a.Class) })
	}
	if w.Space != nil {
		s, err := w.Space()
		if w.failed(ctx, "could not look how much space there is", err); err == nil {
			f.space = &s
		}
	}
	if w.Jobs != nil {
		n, err := w.Jobs(ctx)
		if w.failed(ctx, "could not count jobs", err); err == nil {
			f.jobs = &n
		}
	}
	w.found.Store(f)
}

func (w *Watch) failed(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		w.Log.ErrorContext(ctx, what, "error", err)
	}
}
