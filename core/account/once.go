package account

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/seal"
	"tacet/core/wire"
)

// keepOnce is for how long an idempotency key is remembered.
const keepOnce = 24 * time.Hour

// once is a request that makes something, and may have been made before with
// the same idempotency key.
type once struct {
	key   directory.Key // zero without an idempotency key
	print string        // keyed hash of what was asked for
	// made is the id of what the request has made before, "" if it has not.
	made   string
	sealer seal.Sealer // see onceRecord.Sealed
}

// onceRecord is what is remembered of one.
type onceRecord struct {
	Print string `json:"print"`
	Made  string `json:"made,omitempty"`
	// Sealed is Made where the part is a person's and not an account's: the
	// sweep of a deleted account does not come there, and its id must not stay.
	Sealed []byte `json:"sealed,omitempty"`
}

// once returns what is known of a request of a kind with an idempotency key, ""
// for none. The same request made again, with the caller's Apply holding all
// that remember returns, makes nothing again.
func (c *Caller) once(ctx context.Context, verb Action, key string, request any) (*once, error) {
	return c.s.once(ctx, c.Account.Part(), string(c.Member)+"/"+string(verb), key, request, nil)
}

func (s *Service) once(ctx context.Context, part directory.Part, who, key string, request any, sealer seal.Sealer) (*once, error) {
	if key == "" {
		return &once{}, nil
	}
	if len(key) > 255 {
		return nil, invalid("an idempotency key has at most 255 characters: take a random one, such as a UUID")
	}
	asked, err := json.Marshal(request)
	if err != nil {
		return nil, invalid("this cannot be asked for")
	}
	// Both are keyed: what people put into a request, or take for a key, could
	// be guessed otherwise.
	name, err := s.hash(ctx, "once", who+"\x00"+key)
	if err != nil {
		return nil, err
	}
	o := &once{key: directory.Key{Part: part, Name: oncePrefix + name}, sealer: sealer}
	if o.print, err = s.hash(ctx, "request", string(asked)); err != nil {
		return nil, err
	}
	record, r, err := read[onceRecord](ctx, s, o.key)
	switch {
	case errors.Is(err, directory.ErrAbsent):
		return o, nil
	case err != nil:
		return nil, err
	case record.Print != o.print:
		return nil, &fault.Error{
			Kind: fault.Conflict, Code: wire.CodeKeyReused,
			Text: "this idempotency key was used for another request: take a new one",
		}
	}
	o.made = record.Made
	if sealer != nil {
		o.made, err = openJSON[string](sealer, r.Key, record.Sealed)
	}
	return o, err
}

// remember returns the changes that go into the same Apply as what is made.
func (o *once) remember(made string, now time.Time) ([]directory.Change, error) {
	if o.print == "" {
		return nil, nil
	}
	record := onceRecord{Print: o.print, Made: made}
	if o.sealer != nil {
		sealed, err := sealJSON(o.sealer, o.key, made)
		if err != nil {
			return nil, err
		}
		record.Made, record.Sealed = "", sealed
	}
	value, err := encode(record)
	return []directory.Change{directory.Put(o.key, value, now.Add(keepOnce), directory.IfAbsent)}, err
}

// orGone returns the error of looking for what an earlier request has made.
func (o *once) orGone(err error) error {
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return conflict("what this request had made, the first time, is gone: take a new idempotency key to make another")
	}
	return err
}
