package rights

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"tacet/core/directory"
	"tacet/core/job"
	"tacet/core/ledger"
)

// Status is how far a deletion has come.
type Status struct {
	Request   ledger.RequestID
	Stage     ledger.Stage
	Requested time.Time
	// Step is what is being done, as the Done-th of Steps steps; "" when all is.
	Step        string
	Done, Steps int
	Counts      map[string]int64 // what was removed so far
	Certificate json.RawMessage  // when it is completed
}

// Status returns how far a deletion has come, for everybody who knows its
// request. It is a fault of kind NotFound when there is none, or when it was
// requested more than a year ago.
func (s *Service) Status(ctx context.Context, request string) (*Status, error) {
	none := absent("there is no such request, or it was made more than a year ago")
	if !isID(request) {
		return nil, none
	}
	// The job first: if it is done in between, the ledger says so.
	p, err := s.Runner().Progress(ctx, job.ID(request))
	running := err == nil && p.Kind == job.EraseAccount
	if err != nil && !errors.Is(err, directory.ErrAbsent) {
		return nil, unavailable(err)
	}
	entries, err := s.Ledger.Of(ctx, ledger.RequestID(request))
	if err != nil {
		return nil, unavailable(err)
	}
	var found *Status
	for _, e := range entries {
		switch {
		case e.Kind != ledger.Deletion:
			return nil, none
		case e.Stage == ledger.Requested:
			found = &Status{Request: e.Request, Stage: e.Stage, Requested: e.At}
		case found == nil:
			found = &Status{Request: e.Request, Stage: e.Stage}
		}
		if e.Stage == ledger.Completed {
			found.Stage, found.Certificate = e.Stage, e.Certificate
		}
	}
	switch {
	case found == nil:
		return nil, none
	case found.Stage == ledger.Completed:
	case running:
		found.Step, found.Done, found.Steps, found.Counts = p.Step, p.Done, p.Steps, p.Counts
	}
	return found, nil
}

// isID reports whether s is 32 lower-case hex digits.
func isID(s string) bool {
	if len(s) != 32 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
