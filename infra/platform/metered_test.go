package platform

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tacet/core/wire"
	"tacet/infra/config"
)

// counting is a function in which something happens, if the event says so.
type counting struct{ p *Parts }

func (f counting) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	if len(event) > 0 {
		f.p.service().Meter.Published(ctx, len(event), wire.Counts{Matched: 1, Delivered: 1}, time.Millisecond)
	}
	return event, errors.New("as it was")
}

func TestAnInvocationHasOneLineOfMetricsAtMost(t *testing.T) {
	for _, on := range []bool{true, false} {
		var log bytes.Buffer
		p := New(&config.Function{LogLevel: "error", Metrics: on}, &log)
		h := p.whole("publish", func(p *Parts) Handler { return counting{p} })
		for range 2 {
			if answer, err := h.Invoke(t.Context(), []byte("MARKER")); string(answer) != "MARKER" || err == nil {
				t.Errorf("answered %s, %v", answer, err)
			}
		}
		if _, err := h.Invoke(t.Context(), nil); err == nil {
			t.Error("the error is lost")
		}
		want := map[bool]int{true: 2}[on]
		if got := log.String(); strings.Count(got, "\n") != want || strings.Count(got, `"Function":"publish"`) != want || strings.Count(got, `"Messages":1,`) != want || strings.Contains(got, "MARKER") {
			t.Errorf("metrics %v: got %s", on, got)
		}
	}
}

func TestReadinessIsRememberedForAMoment(t *testing.T) {
	now, asked, failure := time.Unix(1000, 0), 0, errors.New("no table")
	r := &readiness{now: func() time.Time { return now }, ask: func(context.Context) error { asked++; return failure }}
	for range 3 {
		if err := r.ready(t.Context()); !errors.Is(err, failure) {
			t.Errorf("got %v", err)
		}
	}
	failure = nil
	now = now.Add(remembered + 1)
	if err := r.ready(t.Context()); err != nil || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
