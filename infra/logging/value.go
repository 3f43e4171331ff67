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
	case nil, *slog.Source: // the latter is slog's own
	case slog.Level: // of the record; as text it needs no encoder
		a.Value = slog.StringValue(v.String())
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
