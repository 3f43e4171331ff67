package platform

import (
	"context"
	"log/slog"

	"tacet/core/pubsub"
	"tacet/infra/logging"
	"tacet/infra/metrics"
)

// meter returns who is told of what happens in an invocation.
func (p *Parts) meter() pubsub.Meter { return metrics.Several(p.counts, logging.Verbs{Log: p.Log}) }

// metered is a function that says at the end of each invocation what it has
// counted, in a line of the log of which CloudWatch makes metrics. A process
// handles one event at a time, so what it has counted is of that event.
type metered struct {
	Handler
	parts *Parts
	emf   *metrics.EMF
}

// Invoke implements Handler.
func (f metered) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	answer, err := f.Handler.Invoke(ctx, event)
	if failure := f.emf.Counted(f.parts.counts.Take()); failure != nil {
		f.parts.Log.LogAttrs(ctx, slog.LevelError, "metrics could not be written", slog.Any("error", failure))
	}
	return answer, err
}

// whole returns a function with all that is common to functions, by its name.
func (p *Parts) whole(name string, make func(*Parts) Handler) Handler {
	h := Handler(inTime{make(p)})
	if p.settings.Metrics {
		h = metered{h, p, &metrics.EMF{Function: name, Now: p.Now, W: p.out}}
	}
	return h
}
