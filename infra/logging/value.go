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
		a.Value = slog.StringValue(textOf(v)) // lest an error with a MarshalJSON be marshalled
	default:
		a.Value = slog.StringValue(fmt.Sprintf("(%T)", v))
	}
	return a
}

// textOf returns the error's text, or its type if it cannot even say that. A
// typed nil often cannot.
func textOf(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("(%T)", err)
		}
	}()
	return err.Error()
}
