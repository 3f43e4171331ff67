package entry_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/directory/directorytest"
	"tacet/core/job"
	"tacet/core/retention"
	"tacet/infra/entry"
	"tacet/infra/logging"
)

// errands is the function erase, with jobs whose only step notes who they are.
type errands struct {
	entry.Erase
	store *directorytest.Memory
	did   []job.ID
	log   strings.Builder
}

var errStep = errors.New("MARKER")

func newErrands(t *testing.T, ids ...job.ID) *errands {
	t.Helper()
	e := &errands{}
	now := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	e.store = directorytest.NewMemory(now)
	for _, id := range ids {
		if _, err := e.store.Apply(t.Context(), job.Job{ID: id, Kind: job.EraseApp}.Make()); err != nil {
			t.Fatal(err)
		}
	}
	step := job.Step{Name: "note", Do: func(_ context.Context, j *job.Job) (bool, error) {
		e.did = append(e.did, j.ID)
		if j.ID == poison {
			return false, errStep
		}
		return false, nil
	}}
	e.Erase = entry.Erase{
		Jobs: &job.Runner{Directory: e.store, Steps: map[job.Kind][]job.Step{job.EraseApp: {step}}, Now: now},
		Log:  logging.New(&e.log, logging.JSON, slog.LevelDebug),
	}
	return e
}

const (
	first  job.ID = "11111111111111111111111111111111"
	second job.ID = "22222222222222222222222222222222"
	poison job.ID = "33333333333333333333333333333333"
)

const everyMinute = `{"source":"aws.events","account":"123456789012","time":"2026-01-02T03:04:00Z","detail":{}}`

func TestAnErrandIsDoneAndOthersAreLeft(t *testing.T) {
	e := newErrands(t, first, second)
	for range 2 { // an event may come twice
		if _, err := e.Invoke(t.Context(), []byte(`{"job":"`+string(second)+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(e.did, []job.ID{second}) {
		t.Errorf("done: %v", e.did)
	}
	if _, err := e.store.Get(t.Context(), directory.Key{Part: job.Part, Name: string(first)}); err != nil {
		t.Errorf("the other job: %v", err)
	}
}

func TestTheMinuteGoesOnWithAllThatIsLeft(t *testing.T) {
	e := newErrands(t, first, second, poison)
	_, err := e.Invoke(t.Context(), []byte(everyMinute))
	if err == nil || strings.Contains(err.Error(), "MARKER") {
		t.Errorf("what Lambda logs of a failure: %v", err)
	}
	slices.Sort(e.did)
	if !slices.Equal(e.did, []job.ID{first, second, poison}) {
		t.Errorf("done: %v", e.did)
	}
	if log := e.log.String(); !strings.Contains(log, `"jobs":3,"done":2`) || !strings.Contains(log, string(poison)) {
		t.Errorf("the log: %s", log)
	}
}

func TestWhatAsksForNothingIsRefused(t *testing.T) {
	e := newErrands(t, first)
	for _, event := range []string{``, `{}`, `[]`, `{"job":7}`, `{"time":"soon"}`} {
		if _, err := e.Invoke(t.Context(), []byte(event)); err == nil {
			t.Errorf("%q was taken", event)
		}
	}
	if len(e.did) > 0 {
		t.Errorf("done: %v", e.did)
	}
}

func TestAnAccountThatACopyBroughtBackIsDeletedAgain(t *testing.T) {
	e := newErrands(t, first)
	var asked []account.ID
	deleted := map[account.ID]bool{"deleted": true}
	e.Again = func(_ context.Context, of account.ID) (bool, error) {
		asked = append(asked, of)
		if of == "unknown" {
			return false, errStep
		}
		return deleted[of], nil
	}
	for _, c := range []struct {
		account account.ID
		did     int
		fails   bool
	}{{"alive", 0, false}, {"unknown", 0, true}, {"deleted", 1, false}} {
		_, err := e.Invoke(t.Context(), []byte(`{"restored":"`+string(c.account)+`"}`))
		if len(e.did) != c.did || (err != nil) != c.fails || err != nil && strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: done %v, %v", c.account, e.did, err)
		}
	}
	if !slices.Equal(asked, []account.ID{"alive", "unknown", "deleted"}) {
		t.Errorf("asked: %v", asked)
	}
}

// One that takes all the time that there is, each minute, does not keep another
// from being done at last.
func TestAJobThatHangsIsNotAlwaysTheFirst(t *testing.T) {
	e := newErrands(t, first, second)
	before := e.Jobs.Steps[job.EraseApp][0].Do
	var end context.CancelFunc
	e.Jobs.Steps[job.EraseApp][0].Do = func(ctx context.Context, j *job.Job) (bool, error) {
		if j.ID == first {
			end()
			return false, ctx.Err()
		}
		return before(ctx, j)
	}
	for minute := 0; len(e.did) == 0; minute++ {
		if minute == 200 { // by chance once in 2^200 times
			t.Fatal("the other job was never begun")
		}
		var ctx context.Context
		ctx, end = context.WithCancel(t.Context())
		_, _ = e.Invoke(ctx, []byte(everyMinute))
		end()
	}
}

// watch is ages that are asked for.
type watch struct {
	asked []time.Time
	err   error
	told  [][]retention.Age
}

func (w *watch) Ages(_ context.Context, now time.Time) ([]retention.Age, error) {
	w.asked = append(w.asked, now)
	return []retention.Age{{Class: retention.Events, Excess: time.Minute}}, w.err
}

func (w *watch) measured(_ context.Context, ages []retention.Age) { w.told = append(w.told, ages) }

func TestAgesAreLookedAtOnceAnHour(t *testing.T) {
	e, w := newErrands(t), &watch{}
	e.Ages, e.Measured = w, w.measured
	hour := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	for minute := range 60 {
		at := hour.Add(time.Duration(minute) * time.Minute)
		if _, err := e.Invoke(t.Context(), []byte(`{"time":"`+at.Format(time.RFC3339)+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(w.asked, []time.Time{hour.Add(7 * time.Minute)}) || len(w.told) != 1 || w.told[0][0].Excess != time.Minute {
		t.Errorf("asked at %v, told %v", w.asked, w.told)
	}
	if _, err := e.Invoke(t.Context(), []byte(`{"job":"`+string(second)+`","time":"2026-01-02T04:07:00Z"}`)); err != nil || len(w.asked) != 1 {
		t.Errorf("an errand: %v, asked at %v", err, w.asked)
	}
}

func TestAgesThatAreNotKnownAreNotTold(t *testing.T) {
	e, w := newErrands(t, first), &watch{err: errors.New("MARKER")}
	e.Ages, e.Measured = w, w.measured
	_, err := e.Invoke(t.Context(), []byte(strings.Replace(everyMinute, "03:04:00", "03:07:00", 1)))
	if err == nil || strings.Contains(err.Error(), "MARKER") || len(w.told) != 0 {
		t.Errorf("%v, told %v", err, w.told)
	}
	if log := e.log.String(); !slices.Equal(e.did, []job.ID{first}) || !strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("done: %v, the log: %s", e.did, log)
	}
}
