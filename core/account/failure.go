package account

import (
	"context"
	"errors"

	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/seal"
)

// AnyVersion stands for whatever version a record has. So does "", where a
// record that is changed cannot be absent.
const AnyVersion directory.Version = "*"

func invalid(text string) error { return &fault.Error{Kind: fault.Invalid, Text: text} }

func forbidden(text string) error { return &fault.Error{Kind: fault.Forbidden, Text: text} }

func notFound(text string) error { return &fault.Error{Kind: fault.NotFound, Text: text} }

func tooMany(text string) error { return &fault.Error{Kind: fault.TooMany, Text: text} }

func conflict(text string) error { return &fault.Error{Kind: fault.Conflict, Text: text} }

// noAccount is said of every account that one may not know of, for whatever
// reason. Each answer of that kind is one text for absent and foreign.
func noAccount() error {
	return notFound("there is no such account, or you are no member of it")
}

// stale is said when a record has not the version that the caller has seen.
func stale() error {
	return &fault.Error{
		Kind: fault.Conflict, Cause: directory.ErrConflict,
		Text: "somebody has changed this since you read it: read it again, and decide anew",
	}
}

// unavailable keeps a failure of a store or a vault apart from what is said of
// it. Faults and what can be decided on go through.
func unavailable(err error) error {
	var f *fault.Error
	switch {
	case err == nil, errors.As(err, &f), errors.Is(err, directory.ErrAbsent), errors.Is(err, directory.ErrConflict):
		return err
	case errors.Is(err, seal.ErrNoKey): // it is being deleted
		return noAccount()
	}
	return &fault.Error{Kind: fault.Unavailable, Text: "this cannot be done at the moment: try again in a few seconds", Cause: err}
}

// matches returns nil if a record that was read has the version that the caller
// asks for.
func matches(r directory.Record, v directory.Version) error {
	if v != "" && v != AnyVersion && v != r.Version {
		return stale()
	}
	return nil
}

// attempts is how often something is done again because somebody was faster.
const attempts = 16

// retry does something again as long as it meets a conflict about what the
// caller has not seen and cannot ask for, such as a number of members.
func retry(do func() error) error {
	for range attempts {
		err := do()
		if f := (*fault.Error)(nil); errors.As(err, &f) || !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
	return conflict("too many are changing this at the same time: try again in a few seconds")
}

// get returns a record, ErrAbsent, or a fault.
func (s *Service) get(ctx context.Context, k directory.Key) (directory.Record, error) {
	r, err := s.Directory.Get(ctx, k)
	return r, unavailable(err)
}

// read returns a record and what it holds, ErrAbsent, or a fault.
func read[R any](ctx context.Context, s *Service, k directory.Key) (R, directory.Record, error) {
	r, err := s.get(ctx, k)
	if err != nil {
		var none R
		return none, r, err
	}
	value, err := decode[R](r)
	return value, r, err
}
