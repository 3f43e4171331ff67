package logging

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// Format is how records are written.
type Format string

// The formats. The zero value is Auto.
const (
	Auto Format = ""     // Text on a terminal, JSON elsewhere
	Text Format = "text" // for people
	JSON Format = "json" // for machines
)

// ParseFormat returns the format of that name: auto, text or json.
func ParseFormat(name string) (Format, error) {
	switch f := Format(strings.ToLower(name)); f {
	case Auto, "auto":
		return Auto, nil
	case Text, JSON:
		return f, nil
	}
	return Auto, fmt.Errorf("log format: want auto, text or json")
}

// ParseLevel returns the level of that name: debug, info, warn or error, or
// one of them with an offset as in info+2; "" is info.
func ParseLevel(name string) (slog.Level, error) {
	var l slog.Level
	if name == "" {
		return l, nil
	}
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return l, fmt.Errorf("log level: want debug, info, warn or error")
	}
	return l, nil
}

// New returns a logger that writes records of at least the level to w. Level
// may be nil, which means info, and may change while the logger is in use.
func New(w io.Writer, format Format, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: replace}
	if format == Text || format == Auto && terminal(w) {
		return slog.New(handler{inner: slog.NewTextHandler(w, options)})
	}
	return slog.New(handler{inner: slog.NewJSONHandler(w, options)})
}

// terminal reports whether somebody reads along.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
