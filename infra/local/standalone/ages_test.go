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

	"tacet/core/retention"
)

var _ retention.Ages = (*Platform)(nil)

// tooOld is ages that a test sets.
type tooOld struct {
	excess time.Duration
	err    error
	asked  chan time.Time
}

func (a *tooOld) Ages(_ context.Context, now time.Time) ([]retention.Age, error) {
	if a.asked != nil {
		a.asked <- now
	}
	return []retention.Age{{Class: retention.Requests, Excess: time.Minute}, {Class: retention.Events, Excess: a.excess}}, a.err
}

func TestWhatStaysTooOldIsWarnedOfOnceAnHour(t *testing.T) {
	var out bytes.Buffer
	ages := &tooOld{excess: time.Hour}
	w := &watch{ages: ages, log: slog.New(slog.NewTextHandler(&out, nil))}
	want := func(what string, next time.Duration, warned int) {
		t.Helper()
		got := w.look(t.Context(), time.Now())
		if n := strings.Count(out.String(), "level=WARN"); got != next || n != warned {
			t.Errorf("%s: the next look is in %v and %d warnings were given, want %v and %d", what, got, n, next, warned)
		}
	}
	want("tolerated", time.Hour, 0)
	ages.excess = time.Hour + time.Second
	want("too old", secondLook, 0)
	ages.excess = 0
	want("stamped anew meanwhile", time.Hour, 0)
	ages.excess = 3 * time.Hour
	want("too old again", secondLook, 0)
	want("and still", time.Hour, 1)
	want("an hour later", time.Hour, 2)
	if strings.Contains(out.String(), string(retention.Requests)) {
		t.Errorf("it was warned of what is not too old:\n%s", out.String())
	}
	ages.err = errors.New("planted")
	want("nobody can look", time.Hour, 2)
	if !strings.Contains(out.String(), "planted") {
		t.Error("that nobody could look was not said")
	}
}

func TestAgesAreLookedAtEachHourUntilTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin, ages, ended := time.Now(), &tooOld{asked: make(chan time.Time)}, make(chan struct{})
		go func() {
			defer close(ended)
			(&watch{ages: ages, log: slog.New(slog.DiscardHandler)}).run(ctx)
		}()
		for _, want := range []time.Duration{secondLook, secondLook + time.Hour, secondLook + 2*time.Hour} {
			if got := (<-ages.asked).Sub(begin); got != want {
				t.Errorf("looked after %v, want %v", got, want)
			}
		}
		cancel()
		<-ended
	})
}
