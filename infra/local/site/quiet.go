package site

import (
	"context"
	"log/slog"
)

// Quiet takes information for details: a gateway has a line for each
// invocation, which is one for each message, and somebody who runs the platform
// wants to see those who come and go, once each.
type Quiet struct{ slog.Handler }

// Enabled reports whether details are wanted, where it is asked about
// information.
func (q Quiet) Enabled(ctx context.Context, level slog.Level) bool {
	if level == slog.LevelInfo {
		level = slog.LevelDebug
	}
	return q.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the wrapper.
func (q Quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return Quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup keeps the wrapper.
func (q Quiet) WithGroup(name string) slog.Handler { return Quiet{q.Handler.WithGroup(name)} }
