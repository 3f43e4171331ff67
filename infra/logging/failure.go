package logging

import (
	"log/slog"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/wire"
)

// Failure returns at which level a request that failed with err is logged, and
// what of err may be: what a client did wrong is said by kind, code and reason;
// the error itself is in it only where the fault is ours.
func Failure(err error) (slog.Level, []slog.Attr) {
	public := fault.Public(err)
	attrs := []slog.Attr{slog.String("fault", public.Kind.String()), slog.Int("code", int(wire.CodeOf(public)))}
	if reason := grant.ReasonOf(err); reason != "" {
		attrs = append(attrs, slog.String("reason", string(reason)))
	}
	if public.Kind == fault.Internal || public.Kind == fault.Unavailable {
		return slog.LevelError, append(attrs, slog.Any("error", err))
	}
	return slog.LevelInfo, attrs
}
