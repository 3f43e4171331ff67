package rights

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/job"
	"tacet/core/ledger"
	"tacet/core/telemetry"
)

// Service is the verbs. Its fields are set once and not changed. Safe for
// concurrent use.
type Service struct {
	Accounts *account.Service
	Ledger   ledger.Ledger
	Lifetime telemetry.Lifetime
	Events   telemetry.Events
	// Settle is how long what was on its way when an account or an application
	// was deleted may take to arrive: longer than any request, and than anybody
	// remembers an application.
	Settle time.Duration

	cut int // see pieceMost, for tests; 0 is pieceMost
}

// Runner returns what does the jobs that accounts leave to be done.
func (s *Service) Runner() *job.Runner {
	return &job.Runner{Directory: s.Accounts.Directory, Now: s.Accounts.Now, Steps: s.Steps()}
}

// Steps returns how each kind of job is done.
func (s *Service) Steps() map[job.Kind][]job.Step {
	e := eraser{s}
	return map[job.Kind][]job.Step{
		job.EraseAccount: {
			{Name: "destroy-key", Do: e.destroyKey},
			{Name: "close", Do: e.close},
			{Name: "connections", Do: e.connections},
			{Name: "telemetry", Do: e.telemetry},
			{Name: "directory", Do: e.directory},
			{Name: "settle", Do: e.settle},
			{Name: "close-again", Do: e.close},
			{Name: "connections-again", Do: e.connections},
			{Name: "telemetry-again", Do: e.telemetry},
			{Name: "directory-again", Do: e.directory},
			{Name: "certify", Do: e.certify},
		},
		job.EraseApp: {
			{Name: "connections", Do: e.connections},
			{Name: "telemetry", Do: e.telemetry},
			{Name: "settle", Do: e.settle},
			{Name: "connections-again", Do: e.connections},
			{Name: "telemetry-again", Do: e.telemetry},
		},
		job.EndConnections: {
			{Name: "connections", Do: e.connections},
			{Name: "settle", Do: e.settle},
			// Once more, for who was let in meanwhile by somebody who had looked
			// before.
			{Name: "connections-again", Do: e.connections},
		},
		job.Restamp: {
			// First, so that whoever still remembers the former plan has
			// forgotten it.
			{Name: "settle", Do: e.settle},
			{Name: "restamp", Do: e.restamp},
			// Once more, for sums that were being made of what was stamped
			// meanwhile.
			{Name: "settle-again", Do: e.settle},
			{Name: "restamp-again", Do: e.restamp},
		},
	}
}

// now is the time as it is kept in jobs and certificates.
func (s *Service) now() time.Time { return s.Accounts.Now().UTC().Truncate(time.Millisecond) }

// hash is a keyed hash of an account's id, in hex.
func (s *Service) hash(ctx context.Context, purpose string, of account.ID) (string, error) {
	h, err := s.Accounts.Deployment.Hash(ctx, purpose, []byte(of))
	return hex.EncodeToString(h), err
}

// who is an account in the ledger.
func (s *Service) who(ctx context.Context, of account.ID) (string, error) {
	return s.hash(ctx, "ledger", of)
}

// deletion is the id of the request to delete an account, of which there is
// never more than one.
func (s *Service) deletion(ctx context.Context, of account.ID) (ledger.RequestID, error) {
	h, err := s.hash(ctx, "deletion", of)
	if err != nil {
		return "", err
	}
	return ledger.RequestID(h[:32]), nil
}

// enter writes a stage of a request into the ledger.
func (s *Service) enter(ctx context.Context, r ledger.RequestID, of account.ID, k ledger.Kind, stage ledger.Stage, certificate []byte) error {
	who, err := s.who(ctx, of)
	if err != nil {
		return err
	}
	return s.Ledger.Append(ctx, ledger.Entry{
		At: s.Accounts.Now(), Request: r, Who: who, Kind: k, Stage: stage, Certificate: certificate,
	})
}

// keyOf is where a record of an account lies.
func keyOf(of account.ID, name string) directory.Key {
	return directory.Key{Part: of.Part(), Name: name}
}

// unavailable is a dependency's failure. Whether the call took effect is not
// known, and every verb may be repeated.
func unavailable(err error) error {
	var f *fault.Error
	if err == nil || errors.As(err, &f) {
		return err
	}
	return &fault.Error{
		Kind: fault.Unavailable, Cause: err, RetryAfter: time.Second,
		Text: "the server cannot do this right now; try again",
	}
}

func absent(text string) error { return &fault.Error{Kind: fault.NotFound, Text: text} }

func forbidden(text string) error { return &fault.Error{Kind: fault.Forbidden, Text: text} }
