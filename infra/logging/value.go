package logging

import (
	"fmt"
	"log/slog"
)

// replace lets through what can hide nothing. slog has called LogValue before
// it comes here, and comes here for each member of a group.
func replace(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindAny {
		return a
	}
	switch v := a.Value.Any().(type) {
	case nil, slog.Level, *slog.Source: // the latter two are slog's own
	case error:
		// As text, lest an error with a MarshalJSON be marshalled. Sprint
		// survives an Error method that panics.
		a.Value = slog.StringValue(fmt.Sprint(v))
	default:
		a.Value = slog.StringValue(fmt.Sprintf("(%T)", v))
	}
	return a
}
