package entry

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"

	"tacet/core/account"
	"tacet/core/job"
	"tacet/infra/logging"
)

// Erase is the function that does jobs: it deletes, and stamps telemetry anew.
// It is invoked with an Errand when there is one, and by a schedule each minute,
// to go on with all that are left. Two at once do no harm.
type Erase struct {
	Jobs *job.Runner
	// Again deletes an account again that was deleted before, and reports
	// whether it was.
	Again func(context.Context, account.ID) (bool, error)
	Log   *slog.Logger // made by package logging; nil logs nothing
}

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
	due, failure := f.due(ctx, event)
	if errors.Is(failure, errNotErrand) {
		return nil, failure
	}
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

// due returns the jobs that an event asks for.
func (f Erase) due(ctx context.Context, event []byte) ([]job.ID, error) {
	var e struct {
		Errand
		scheduled
	}
	switch err := json.Unmarshal(event, &e); {
	case err != nil || e.Job == "" && e.Restored == "" && e.Time.IsZero():
		return nil, errNotErrand
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
