package standalone

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestTroubleOfOneSortIsLoggedOnceASecond(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(1795428000, 0)
	tell := new(troubles).sink(slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return clock })
	failed := errors.New("full")
	for range 5 {
		tell(t.Context(), "record telemetry", failed)
	}
	tell(t.Context(), "something else", failed)
	clock = clock.Add(time.Second)
	tell(t.Context(), "record telemetry", failed)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[2], "unlogged=4") {
		t.Errorf("logged:\n%s", out.String())
	}
}
