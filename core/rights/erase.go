package rights

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/job"
	"tacet/core/ledger"
)

// eraser is the steps of jobs. Each may be done several times, by several at
// once.
type eraser struct{ *Service }

// What is counted, in jobs and certificates.
const (
	countKeys        = "keys"
	countRecords     = "records"
	countTelemetry   = "telemetry"
	countConnections = "connections"
)

// some is how many records are read for one part of a step: with what leads to
// them they fit into one Apply, in most cases.
const some = 40

// destroyKey makes everything that is sealed unreadable, before anything else.
func (e eraser) destroyKey(ctx context.Context, j *job.Job) (bool, error) {
	if err := e.Accounts.Vault.Destroy(ctx, j.Account); err != nil {
		return false, err
	}
	j.Count(countKeys, 1)
	return false, nil
}

// close takes the applications of an account out of the data plane, and notes
// which they are. So does it with those of other jobs of the account: what is
// left of these is done here.
func (e eraser) close(ctx context.Context, j *job.Job) (bool, error) {
	if j.Cursor == "" {
		if more, err := e.absorb(ctx, j); more || err != nil {
			return more, err
		}
	}
	page, next, err := e.Accounts.Directory.List(ctx, account.ID(j.Account).Part(), appPrefix, j.Cursor, some)
	if err != nil {
		return false, err
	}
	s := sweep{e: e, ctx: ctx, j: j}
	for _, r := range page {
		id, err := app.ParseID(strings.TrimPrefix(r.Name, appPrefix))
		if err != nil {
			return false, fmt.Errorf("the record %s is of no application: %w", r.Key, err)
		}
		if err := s.remove(recordOf('a', id), recordOf('v', id)); err != nil {
			return false, err
		}
		note(j, id)
		j.Cursor = r.Name
	}
	return next != "", nil
}

// recordOf is where the data plane finds something about an application.
func recordOf(kind directory.Kind, id app.ID) directory.Key {
	return directory.Key{Part: directory.Part{Kind: kind, ID: string(id)}, Name: directory.Only}
}

func note(j *job.Job, id app.ID) {
	if !slices.Contains(j.Apps, id) {
		j.Apps = append(j.Apps, id)
	}
}

// absorb takes over one of the other jobs of the account, if there is any.
func (e eraser) absorb(ctx context.Context, j *job.Job) (more bool, err error) {
	for after := ""; ; {
		page, next, err := e.Accounts.Directory.List(ctx, job.Part, "", after, directory.MaxPage)
		if err != nil {
			return false, err
		}
		for _, r := range page {
			var other job.Job
			if json.Unmarshal(r.Value, &other) != nil || other.Account != j.Account || other.ID == j.ID {
				continue
			}
			for _, id := range other.Apps {
				note(j, id)
			}
			j.With(directory.Remove(r))
			return true, nil
		}
		if after = next; after == "" {
			return false, nil
		}
	}
}

// connections ends those of the job's applications, one after the other.
func (e eraser) connections(ctx context.Context, j *job.Job) (bool, error) {
	at, _ := place(j)
	if at == len(j.Apps) {
		return false, nil
	}
	if e.Accounts.Changed != nil {
		// Whoever remembers an application that was closed tells its clients to
		// come back, and keeps the key that its topics are blinded with.
		e.Accounts.Changed(j.Apps[at])
	}
	ended, more, err := e.Accounts.Disconnect(ctx, j.Apps[at])
	if err != nil {
		return false, err
	}
	j.Count(countConnections, int64(ended))
	if !more {
		j.Cursor = strconv.Itoa(at + 1)
	}
	return true, nil
}

// telemetry erases that of the job's applications, one after the other.
func (e eraser) telemetry(ctx context.Context, j *job.Job) (bool, error) {
	return eachPart(j, func(id app.ID, from string) (string, error) {
		n, next, err := e.Lifetime.Erase(ctx, id, from)
		j.Count(countTelemetry, n)
		return next, err
	})
}

// restamp gives telemetry the retention of a new plan, unless there is a newer
// one, for which there is another job.
func (e eraser) restamp(ctx context.Context, j *job.Job) (bool, error) {
	return eachPart(j, func(id app.ID, from string) (string, error) {
		r, err := e.Accounts.Directory.Get(ctx, recordOf('a', id))
		if errors.Is(err, directory.ErrAbsent) {
			return "", nil // it was deleted, and its telemetry with it
		}
		if err != nil {
			return "", err
		}
		var a app.App
		if err := json.Unmarshal(r.Value, &a); err != nil {
			return "", fmt.Errorf("the application %s cannot be read: %w", id, err)
		}
		if a.Limits().Retention != j.Retention {
			return "", nil
		}
		n, next, err := e.Lifetime.Restamp(ctx, id, j.Retention, e.now(), from)
		j.Count(countTelemetry, n)
		return next, err
	})
}

// eachPart calls f for the next part of the job's applications, with where that
// begins, and keeps where the one after it does.
func eachPart(j *job.Job, f func(id app.ID, from string) (next string, err error)) (more bool, err error) {
	at, from := place(j)
	if at == len(j.Apps) {
		return false, nil
	}
	next, err := f(j.Apps[at], from)
	switch {
	case err != nil:
		return false, err
	case next != "":
		j.Cursor = strconv.Itoa(at) + " " + next
	default:
		j.Cursor = strconv.Itoa(at + 1)
	}
	return true, nil
}

// place reads a cursor: which application is next, and where in it.
func place(j *job.Job) (at int, from string) {
	number, from, _ := strings.Cut(j.Cursor, " ")
	at, _ = strconv.Atoi(number) // none is the beginning
	return min(at, len(j.Apps)), from
}

const waited = "waited"

// settle waits.
func (e eraser) settle(_ context.Context, j *job.Job) (bool, error) {
	if j.Cursor == waited {
		return false, nil
	}
	j.Cursor, j.NotBefore = waited, e.now().Add(e.Settle)
	return true, nil
}

// certify makes sure that nothing is left, else goes back, and signs that.
func (e eraser) certify(ctx context.Context, j *job.Job) (bool, error) {
	page, next, err := e.Accounts.Directory.Remains(ctx, account.ID(j.Account).Part(), "", 1)
	if err != nil {
		return false, err
	}
	if len(page) > 0 || next != "" {
		j.Step, j.Cursor = "close-again", ""
		return true, nil
	}
	key, err := e.Accounts.Deployment.Signer(ctx)
	if err != nil {
		return false, err
	}
	c := Certificate{
		Version: 1, Request: ledger.RequestID(j.ID), Who: j.Who, Started: j.Started, Finished: e.now(), Statement: statement,
		Stores: []Store{
			{"vault", j.Counts[countKeys], j.Times["destroy-key"]},
			{"connections", j.Counts[countConnections], j.Times["connections-again"]},
			{"telemetry", j.Counts[countTelemetry], j.Times["telemetry-again"]},
			{"directory", j.Counts[countRecords], j.Times["directory-again"]},
		},
	}
	text, err := c.sign(key)
	if err != nil {
		return false, err
	}
	return false, e.enter(ctx, ledger.RequestID(j.ID), account.ID(j.Account), ledger.Deletion, ledger.Completed, text)
}
