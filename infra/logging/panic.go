package logging

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
)

// Panic returns what may be logged of a recovered value: its type, and where
// it was thrown. The value, and the arguments in a stack, may hold a payload.
// It is called by the deferred function that recovers.
func Panic(value any) slog.Attr {
	return slog.Group("panic", slog.String("type", fmt.Sprintf("%T", value)), slog.String("at", thrower()))
}

// thrower returns the function, file and line that panicked: the first below
// the runtime's own.
func thrower() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	thrown := false
	for {
		f, more := frames.Next()
		if ours := !strings.HasPrefix(f.Function, "runtime."); thrown && ours {
			return fmt.Sprintf("%s %s:%d", f.Function, f.File, f.Line)
		}
		thrown = thrown || f.Function == "runtime.gopanic"
		if !more {
			return "unknown"
		}
	}
}
