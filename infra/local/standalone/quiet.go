package standalone

import (
	"context"
	"log/slog"
)

// quiet takes information for details: the gateway has a line for each
// invocation, which is one for each message here, and somebody who runs the
// platform wants to see those who come and go, once each.
type quiet struct{ slog.Handler }

// Enabled reports whether details are wanted, where it is asked about
// information.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	if level == slog.LevelInfo {
		level = slog.LevelDebug
	}
	return q.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the wrapper.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup keeps the wrapper.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
