package entry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/entry"
	"tacet/infra/logging"
)

// deadlines is a store of connections by when they are to end.
type deadlines struct {
	pubsub.Connections
	mu    sync.Mutex
	of    map[wire.ConnID]time.Time
	looks int
	err   error
}

func (d *deadlines) Due(_ context.Context, after, until time.Time) ([]*pubsub.Connection, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looks++
	var due []*pubsub.Connection
	for id, end := range d.of {
		if end.After(after) && !end.After(until) {
			due = append(due, &pubsub.Connection{ID: id, Deadline: end})
		}
	}
	return due, d.err
}

func (d *deadlines) Get(_ context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	end, ok := d.of[id]
	if !ok {
		return nil, pubsub.ErrNoConnection
	}
	return &pubsub.Connection{ID: id, Deadline: end}, nil
}

// ends is a poster that notes when somebody is warned or ended, in seconds
// after the beginning.
type ends struct {
	store *deadlines
	begun time.Time
	mu    sync.Mutex // several are seen to at a time
	heard []string
	stay  bool // who is ended stays in the store
}

func (e *ends) note(what string, id wire.ConnID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, fmt.Sprintf("%s %s at %v", what, id, time.Since(e.begun)))
}

func (e *ends) Post(_ context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	if strings.Contains(string(f.JSON), "token-expiring") {
		e.note("warned", to[0])
	}
	return pubsub.Posted{Delivered: 1}
}

func (e *ends) Close(_ context.Context, id wire.ConnID, code wire.Code, _ string) error {
	if code != wire.CloseTokenExpired {
		return errors.New("another code")
	}
	e.note("ended", id)
	e.store.mu.Lock()
	defer e.store.mu.Unlock()
	if !e.stay {
		delete(e.store.of, id)
	}
	return nil
}

// expiring is the function with connections whose deadlines are so many seconds
// after the beginning of a minute, which is now. Call it in a bubble.
func expiring(of map[wire.ConnID]float64) (*entry.Expire, *ends) {
	time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)))
	e := &ends{store: &deadlines{of: map[wire.ConnID]time.Time{}}, begun: time.Now()}
	for id, seconds := range of {
		e.store.of[id] = e.begun.Add(time.Duration(seconds * float64(time.Second)))
	}
	return &entry.Expire{Service: &pubsub.Service{Connections: e.store, Poster: e, Now: time.Now}}, e
}

// minute is the event of the schedule.
func minute(begins time.Time) []byte {
	return []byte(`{"version":"0","detail-type":"Scheduled Event","source":"aws.events","time":"` + begins.UTC().Format(time.RFC3339) + `","resources":[],"detail":{}}`)
}

func TestExpireCostsOneLookWhenNothingIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := expiring(map[wire.ConnID]float64{"later": 91, "warned": 3600})
		if _, err := f.Invoke(t.Context(), minute(e.begun)); err != nil {
			t.Fatal(err)
		}
		if e.store.looks != 1 || time.Since(e.begun) != 0 || len(e.heard) > 0 {
			t.Errorf("%d looks, took %v, %v", e.store.looks, time.Since(e.begun), e.heard)
		}
	})
}

func TestExpireWarnsAndEndsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := expiring(map[wire.ConnID]float64{"before": -50, "soon": 20, "both": 45, "last": 90, "after": 90.5})
		if _, err := f.Invoke(t.Context(), minute(e.begun)); err != nil {
			t.Fatal(err)
		}
		want := []string{"ended before at 0s", "warned both at 15s", "ended soon at 20s", "ended both at 45s", "warned last at 1m0s"}
		if !slices.Equal(e.heard, want) {
			t.Errorf("got  %q\nwant %q", e.heard, want)
		}
	})
}

// Minute after minute, whoever is late, everybody is warned once and ended once.
func TestExpireLeavesNothingBetweenTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := map[wire.ConnID]float64{}
		for i := range 240 {
			of[wire.ConnID(fmt.Sprintf("c%03d", i))] = 31 + float64(i)*0.7
		}
		f, e := expiring(of)
		late := []time.Duration{0, 3 * time.Second, 0, 900 * time.Millisecond, 0, 0, 0}
		done := make(chan struct{})
		for i, by := range late {
			begins := e.begun.Add(time.Duration(i) * time.Minute)
			go func() {
				time.Sleep(time.Until(begins) + by)
				if _, err := f.Invoke(t.Context(), minute(begins)); err != nil {
					t.Error(err)
				}
				done <- struct{}{}
			}()
			<-done
		}
		heard := map[string]int{}
		for _, h := range e.heard {
			words := strings.Fields(h)
			heard[words[0]+" "+words[1]]++
		}
		for id := range of {
			if heard["warned "+string(id)] != 1 || heard["ended "+string(id)] != 1 {
				t.Errorf("%s: warned %d times, ended %d times", id, heard["warned "+string(id)], heard["ended "+string(id)])
			}
		}
	})
}

func TestExpireRunsTwiceAtOnceWithoutHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := expiring(map[wire.ConnID]float64{"one": 10})
		for range 2 {
			if _, err := f.Invoke(t.Context(), minute(e.begun)); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(e.heard, []string{"ended one at 10s"}) {
			t.Errorf("heard %q", e.heard)
		}
	})
}

func TestExpireDestroysSecretsOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := expiring(nil)
		destroyed := 0
		f.Destroy = func(context.Context) error { destroyed++; return nil }
		for i := range 120 {
			begins := e.begun.Add(time.Duration(i) * time.Minute)
			time.Sleep(time.Until(begins))
			if _, err := f.Invoke(t.Context(), minute(begins)); err != nil {
				t.Fatal(err)
			}
		}
		if destroyed != 2 {
			t.Errorf("%d times in two hours", destroyed)
		}
	})
}

// A minute that takes all the time there is must not keep a day's secret alive.
func TestExpireDestroysSecretsBeforeItEndsTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := expiring(map[wire.ConnID]float64{"one": 10})
		f.Destroy = func(context.Context) error { e.heard = append(e.heard, "destroyed"); return errors.New("MARKER") }
		f.Wait = func(context.Context, time.Duration) error { panic("MARKER") }
		hour := e.begun.Truncate(time.Hour).Add(time.Hour + time.Minute)
		e.store.of["one"] = hour.Add(10 * time.Second)
		time.Sleep(time.Until(hour))
		if _, err := f.Invoke(t.Context(), minute(hour)); err == nil || !slices.Equal(e.heard, []string{"destroyed"}) {
			t.Errorf("%v, heard %q", err, e.heard)
		}
	})
}

func TestExpireLeavesAMinuteThatIsLongOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := expiring(map[wire.ConnID]float64{"one": -1})
		if _, err := f.Invoke(t.Context(), minute(e.begun.Add(-2*time.Minute))); err != nil || e.store.looks > 0 {
			t.Errorf("%v, %d looks", err, e.store.looks)
		}
	})
}

func TestExpireSaysNothingOfWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		f, e := expiring(map[wire.ConnID]float64{"one": 10})
		f.Log = logging.New(&log, logging.JSON, slog.LevelDebug)
		f.Wait = func(context.Context, time.Duration) error { panic("MARKER") }
		if _, err := f.Invoke(t.Context(), minute(e.begun)); err == nil || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("got %v", err)
		}
		f.Wait, e.store.err = nil, errors.New("MARKER")
		if _, err := f.Invoke(t.Context(), minute(e.begun)); err == nil || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("got %v", err)
		}
		if lines := strings.Count(log.String(), "\n"); lines != 2 || !strings.Contains(log.String(), "panicked") {
			t.Errorf("the log: %s", log.String())
		}
		for _, event := range []string{``, `MARKER`, `{}`, `[]`, `{"time":"MARKER"}`} {
			if _, err := f.Invoke(t.Context(), []byte(event)); err == nil || strings.Contains(err.Error(), "MARKER") {
				t.Errorf("%s: %v", event, err)
			}
		}
	})
}

// A table that failed at one moment cost everybody's warnings and ends until the
// minute was over.
func TestExpireGoesOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := expiring(map[wire.ConnID]float64{"soon": 10, "late": 50})
		e.store.err = errors.New("throttled")
		f.Wait = func(ctx context.Context, d time.Duration) error {
			time.Sleep(d)
			e.store.mu.Lock()
			defer e.store.mu.Unlock()
			switch e.store.err = nil; {
			case time.Since(e.begun) < 2*time.Second, time.Since(e.begun) > 9*time.Second && time.Since(e.begun) < 12*time.Second:
				e.store.err = errors.New("throttled")
			}
			return nil
		}
		if _, err := f.Invoke(t.Context(), minute(e.begun)); err != nil {
			t.Error(err)
		}
		if want := []string{"ended soon at 12s", "warned late at 20s", "ended late at 50s"}; !slices.Equal(e.heard, want) {
			t.Errorf("heard %q, want %q", e.heard, want)
		}
		f.Wait = func(_ context.Context, d time.Duration) error {
			time.Sleep(d)
			e.store.err = errors.New("throttled")
			return nil
		}
		begins := e.begun.Add(time.Minute)
		time.Sleep(time.Until(begins))
		e.store.err, e.store.of["never"] = nil, begins.Add(5*time.Second)
		if _, err := f.Invoke(t.Context(), minute(begins)); err == nil || time.Since(begins) > time.Minute {
			t.Errorf("%v after %v", err, time.Since(begins))
		}
	})
}

// Connections that were missed for minutes are ended too, once in each minute:
// some of them may be gone, and nobody has been told.
func TestExpireEndsWhoWasMissedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := expiring(map[wire.ConnID]float64{"missed": -300, "too long ago": -601, "soon": 10, "later": 20})
		e.stay = true
		if _, err := f.Invoke(t.Context(), minute(e.begun)); err != nil {
			t.Fatal(err)
		}
		want := []string{"ended missed at 0s", "ended soon at 10s", "ended soon at 20s", "ended later at 20s"}
		slices.Sort(e.heard)
		slices.Sort(want)
		if !slices.Equal(e.heard, want) {
			t.Errorf("heard %q, want %q", e.heard, want)
		}
	})
}

func TestExpireEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := expiring(map[wire.ConnID]float64{"one": 10})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := f.Invoke(ctx, minute(e.begun)); err == nil || time.Since(e.begun) != time.Second {
			t.Errorf("%v after %v", err, time.Since(e.begun))
		}
	})
}
