package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// invocations shows a gateway's log to a person: each invocation as a line of
// its route, function, status and milliseconds, anything else as it is.
type invocations struct {
	out io.Writer
	now func() time.Time
	mu  sync.Mutex
}

// Enabled reports whether a record is shown.
func (*invocations) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// Handle shows a record.
func (i *invocations) Handle(_ context.Context, r slog.Record) error {
	said := map[string]string{}
	var others strings.Builder
	r.Attrs(func(a slog.Attr) bool {
		said[a.Key] = a.Value.String()
		fmt.Fprintf(&others, " %s=%s", a.Key, quote(printable(a.Value.String())))
		return true
	})
	line := r.Message + others.String()
	if r.Message == "invoked" {
		status := said["status"]
		if status == "0" {
			status = "–"
		}
		line = fmt.Sprintf("%-14s %-28s %3s %9s ms  %s", printable(said["route"]), said["function"], status, said["ms"], said["fault"])
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	_, err := fmt.Fprintf(i.out, "%s  %s\n", i.now().Format(time.TimeOnly), strings.TrimRight(line, " "))
	return err
}

// WithAttrs is not used by gateways.
func (i *invocations) WithAttrs([]slog.Attr) slog.Handler { return i }

// WithGroup is not used by gateways.
func (i *invocations) WithGroup(string) slog.Handler { return i }
