package rights

import (
	"context"
	"errors"
	"slices"
	"strings"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/job"
)

// sweep is one part of a step that removes records: together with the job, so
// that each is counted once. Who else does the same at that time, or changes
// one of them, lets one of both begin anew.
type sweep struct {
	e     eraser
	ctx   context.Context
	j     *job.Job
	among int // how many changes there are
}

// remove removes those of the records that are there.
func (s *sweep) remove(keys ...directory.Key) error {
	for _, k := range keys {
		r, err := s.e.Accounts.Directory.Get(s.ctx, k)
		if errors.Is(err, directory.ErrAbsent) {
			continue
		}
		if err != nil {
			return err
		}
		s.take(r)
	}
	return nil
}

// take removes a record that was read.
func (s *sweep) take(r directory.Record) {
	s.j.With(directory.Remove(r))
	s.j.Count(countRecords, 1)
	s.among++
}

const appPrefix = "app/"

// closing is the step that closes what a step of directory is to sweep.
var closing = map[string]string{"directory": "close", "directory-again": "close-again"}

// led are the records that lookups lead to, by how their names begin.
var led = []string{"member/", "invitation/", "token/"}

// record removes a record of an account with all that leads to it, and reports
// whether there was room for that.
func (s *sweep) record(r directory.Record) (bool, error) {
	var lookups []directory.Key
	for _, prefix := range led {
		if !strings.HasPrefix(r.Name, prefix) {
			continue
		}
		var err error
		if lookups, err = account.Lookups(r); err != nil {
			return false, err
		}
	}
	if s.among+1+len(lookups) > job.MaxWith {
		return false, nil
	}
	if !r.Expires.IsZero() && !s.e.now().Before(r.Expires) {
		s.clear(append(lookups, r.Key)...)
		return true, nil
	}
	s.take(r)
	return true, s.remove(lookups...)
}

// clear removes records that have expired, and what leads to them, which has
// expired with them: nobody finds them any more.
func (s *sweep) clear(keys ...directory.Key) {
	for _, k := range keys {
		s.j.With(directory.Delete(k, directory.Always))
	}
	s.j.Count(countRecords, 1)
	s.among += len(keys)
}

// directory removes the records of an account. That of the account itself is the
// first: without it nobody's changes in the account happen any more. If it meets
// an application that was made too late to be closed, it goes back.
func (e eraser) directory(ctx context.Context, j *job.Job) (bool, error) {
	s := sweep{e: e, ctx: ctx, j: j}
	page, next, err := e.Accounts.Directory.Remains(ctx, account.ID(j.Account).Part(), j.Cursor, some)
	if err != nil {
		return false, err
	}
	for _, r := range page {
		if id, ok := strings.CutPrefix(r.Name, appPrefix); ok && !slices.Contains(j.Apps, app.ID(id)) {
			j.Step, j.Cursor = closing[j.Step], ""
			return true, nil
		}
		if fit, err := s.record(r); !fit || err != nil {
			return true, err
		}
		j.Cursor = r.Name
	}
	return next != "", nil
}
