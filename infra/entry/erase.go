package entry

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"tacet/core/account"
	"tacet/core/job"
	"tacet/core/retention"
	"tacet/infra/logging"
)

// Erase is the function that does jobs: it deletes, and stamps telemetry anew.
// It is invoked with an Errand when there is one, and by a schedule each minute,
// to go on with all that are left. Two at once do no harm. Once an hour it looks
// whether what was to end has ended.
type Erase struct {
	Jobs *job.Runner
	// Again deletes an account again that was deleted before, and reports
	// whether it was.
	Again func(context.Context, account.ID) (bool, error)
	// Ages is where it looks, and Measured is told what it finds. Nil means that
	// nobody looks.
	Ages     retention.Ages
	Measured func(context.Context, []retention.Age)
	Log      *slog.Logger // made by package logging; nil logs nothing
}

const (
	// looks is the minute of each hour in which it looks at ages.
	looks = 7
	// looksFor is for how long it does, at most: there are jobs to do.
	looksFor = 20 * time.Second
)

// Errand is the event that names a job, or an account that a copy of the tables
// may have brought back: if it was deleted before, that begins again. It holds
// nothing else: what is invoked without waiting rests in a queue.
type Errand struct {
	Job job.ID `json:"job,omitempty"`
	// Restored is not called account, as which each event of a schedule names that of AWS.
	Restored account.ID `json:"restored,omitempty"`
}

var (
	errNotErrand = errors.New("entry: neither an errand nor the event of a schedule")
	errNotErased = errors.New("entry: a job could not be gone on with")
)

// Invoke goes on with the job of an event in JSON, or with all of them. The
// error says nothing, because Lambda writes it into a log.
func (f Erase) Invoke(ctx context.Context, event []byte) (_ []byte, err error) {
	log := loggerOr(f.Log)
	defer recovered(ctx, log, "erase", func() { err = errNotErased })
	e, err := readErrand(event)
	if err != nil {
		return nil, err
	}
	// A job that takes all the time there is must not keep it from being known.
	failure := f.look(ctx, e)
	due, missing := f.due(ctx, e)
	failure = errors.Join(failure, missing)
	done := 0
	for _, id := range due {
		finished, err := f.Jobs.Run(ctx, id)
		failure = errors.Join(failure, err)
		if finished {
			done++
		}
	}
	level, attrs := slog.LevelInfo, []slog.Attr(nil)
	if len(due) == 0 {
		level = slog.LevelDebug
	}
	if failure != nil {
		level, attrs = logging.Failure(failure)
		err = errNotErased
	}
	log.LogAttrs(ctx, level, "erase", append(attrs, slog.Int("jobs", len(due)), slog.Int("done", done))...)
	return nil, err
}

// occasion is an event that is an errand or of the schedule.
type occasion struct {
	Errand
	scheduled
}

func readErrand(event []byte) (e occasion, err error) {
	if json.Unmarshal(event, &e) != nil || e.Job == "" && e.Restored == "" && e.Time.IsZero() {
		return occasion{}, errNotErrand
	}
	return e, nil
}

// look says once an hour how old the oldest records are that can be read.
func (f Erase) look(ctx context.Context, e occasion) error {
	if f.Ages == nil || f.Measured == nil || e.Job != "" || e.Restored != "" || e.Time.Minute() != looks {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, looksFor)
	defer cancel()
	ages, err := f.Ages.Ages(ctx, e.Time.UTC())
	if err == nil {
		f.Measured(ctx, ages)
	}
	return err
}

// due returns the jobs that an event asks for.
func (f Erase) due(ctx context.Context, e occasion) ([]job.ID, error) {
	switch {
	case e.Job != "":
		return []job.ID{e.Job}, nil
	case e.Restored != "":
		if again, err := f.Again(ctx, e.Restored); err != nil || !again {
			return nil, err
		}
	}
	due, _, err := f.Jobs.Pending(ctx)
	// One that takes all the time there is, each time, must not always be the
	// first: the others would never be done.
	rand.Shuffle(len(due), func(i, k int) { due[i], due[k] = due[k], due[i] })
	return due, err
}
