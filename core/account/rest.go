package account

import (
	"context"
	"time"

	"tacet/core/app"
	"tacet/core/job"
)

// rest returns the job that is the rest of a verb about an application. It is
// made in the same Apply as what the verb changes, so that it is there, whatever
// becomes of who called.
func (c *Caller) rest(k job.Kind, of app.ID) job.Job {
	return job.Job{
		ID: job.ID(c.s.newID()), Kind: k, Account: string(c.Account), Apps: []app.ID{of},
		Started: c.s.Now().UTC().Truncate(time.Millisecond),
	}
}

// begin tells of a job that was left. If that fails, it is found all the same, a
// little later.
func (s *Service) begin(ctx context.Context, j job.Job) { _ = s.Begin(ctx, string(j.ID)) }

// endNow ends connections of the application that a job is about, as far as
// there is time, and tells of the job, which ends those that are left.
func (s *Service) endNow(ctx context.Context, j job.Job) {
	s.begin(ctx, j)
	for more := true; more && ctx.Err() == nil; {
		var err error
		var ended int
		// When there is no time left for another one it says so by ending none.
		if ended, more, err = s.Disconnect(ctx, j.Apps[0]); err != nil || ended == 0 {
			return
		}
	}
}

// changed tells who remembers an application to read it again.
func (s *Service) changed(id app.ID) {
	if s.Changed != nil {
		s.Changed(id)
	}
}
