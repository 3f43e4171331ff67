package standalone

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRollupsAreMadeEachMinuteUntilTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin, calls, ended := time.Now(), []time.Duration(nil), make(chan struct{})
		r := &roller{log: slog.New(slog.DiscardHandler), roll: func(_ context.Context, now time.Time) error {
			calls = append(calls, now.Sub(begin))
			return nil
		}}
		go func() { defer close(ended); r.run(ctx) }()
		time.Sleep(150 * time.Second)
		cancel()
		<-ended
		if len(calls) != 3 || calls[0] != 0 || calls[2] != 2*time.Minute {
			t.Errorf("rolled after %v", calls)
		}
	})
}

func TestTroubleWithRollupsIsLoggedOnce(t *testing.T) {
	var out bytes.Buffer
	fails := errors.New("planted")
	r := &roller{log: slog.New(slog.NewTextHandler(&out, nil)), roll: func(context.Context, time.Time) error { return fails }}
	for range 3 {
		r.once(t.Context(), time.Now())
	}
	if n := strings.Count(out.String(), "planted"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, out.String())
	}
	fails = nil
	for range 2 {
		r.once(t.Context(), time.Now())
	}
	if n := strings.Count(out.String(), "up to date again"); n != 1 {
		t.Errorf("that it is over was logged %d times:\n%s", n, out.String())
	}
	fails = errors.New("planted again")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r.once(ended, time.Now())
	if strings.Contains(out.String(), "planted again") {
		t.Error("what was cut short at the end is no trouble")
	}
	r.once(t.Context(), time.Now())
	if !strings.Contains(out.String(), "planted again") {
		t.Error("the next trouble was not logged")
	}
}
