package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"tacet/core/directory"
	"tacet/core/seal"
)

// Options are what Vault and Deployment are made with.
type Options struct {
	// Directory keeps the wrapped keys. Nothing else is in it.
	Directory directory.Directory
	Master    Master
	Now       func() time.Time
}

// store keeps keys, each wrapped, at its place.
type store struct {
	directory directory.Directory
	master    Master
	now       func() time.Time
	memory    *memory
}

func newStore(o Options) *store {
	return &store{directory: o.Directory, master: o.Master, now: o.Now, memory: newMemory(o.Now)}
}

// get returns the key at a place, or seal.ErrNoKey. It asks the directory each
// time, and the master only for a record that it does not remember.
func (s *store) get(ctx context.Context, p place) (*opened, error) {
	r, err := s.record(ctx, p)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(r.Value)
	if o := s.memory.get(p.owner, sum); o != nil {
		return o, nil
	}
	_, key, err := s.unwrap(ctx, p, r)
	if err != nil {
		return nil, err
	}
	o := open(key)
	s.memory.put(p.owner, sum, o)
	return o, nil
}

// make puts a key at a place, if none is there.
func (s *store) make(ctx context.Context, p place, key []byte) error {
	w, err := s.wrap(ctx, p, key, s.now())
	if err != nil {
		return err
	}
	_, err = s.directory.Apply(ctx, directory.Put(p.key, w.encode(), time.Time{}, directory.IfAbsent))
	if err != nil && !errors.Is(err, directory.ErrConflict) {
		return fmt.Errorf("keep a new key: %w", err)
	}
	return nil
}

// getOrMake returns the key at a place, after making it if need be. Of several
// who make it at the same time, all get the same.
func (s *store) getOrMake(ctx context.Context, p place, fresh func() ([]byte, error)) (*opened, error) {
	o, err := s.get(ctx, p)
	if !errors.Is(err, seal.ErrNoKey) {
		return o, err
	}
	key, err := fresh()
	if err != nil {
		return nil, err
	}
	if err := s.make(ctx, p, key); err != nil {
		return nil, err
	}
	return s.get(ctx, p)
}

// destroy removes the key at a place.
func (s *store) destroy(ctx context.Context, p place) error {
	s.memory.forget(p.owner)
	if _, err := s.directory.Apply(ctx, directory.Delete(p.key, directory.Always)); err != nil {
		return fmt.Errorf("destroy a key: %w", err)
	}
	s.memory.forget(p.owner) // whoever was reading it meanwhile
	return nil
}

// attempts is how often a change is made again that others were faster with.
const attempts = 8

// errSame is what the function given to change returns to leave things as
// they are.
var errSame = errors.New("nothing is to be changed")

// change puts another record in the place of one, and reports whether it did.
// next says what is to be wrapped, and when its newest key was made.
func (s *store) change(ctx context.Context, p place, next func(w wrapped, key func() ([]byte, error)) ([]byte, time.Time, error)) (bool, error) {
	for range attempts {
		r, err := s.record(ctx, p)
		if err != nil {
			return false, err
		}
		w, err := decode(r.Value)
		if err != nil {
			return false, err
		}
		key, made, err := next(w, func() ([]byte, error) {
			_, key, err := s.unwrap(ctx, p, r)
			return key, err
		})
		if errors.Is(err, errSame) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if w, err = s.wrap(ctx, p, key, made); err != nil {
			return false, err
		}
		_, err = s.directory.Apply(ctx, directory.Replace(r, w.encode()))
		switch {
		case errors.Is(err, directory.ErrConflict): // read again: it may have been destroyed
		case err != nil:
			return false, fmt.Errorf("keep a changed key: %w", err)
		default:
			return true, nil
		}
	}
	return false, fmt.Errorf("change a key: others were faster %d times: %w", attempts, directory.ErrConflict)
}

// each does something for every key there is, until it fails.
func (s *store) each(ctx context.Context, parts []directory.Part, do func(place) error) error {
	const page = 100
	for _, part := range parts {
		for after := ""; ; {
			records, next, err := s.directory.List(ctx, part, "", after, page)
			if err != nil {
				return fmt.Errorf("list keys: %w", err)
			}
			for _, r := range records {
				// One that was destroyed meanwhile is done.
				if err := do(placeOf(r.Key)); err != nil && !errors.Is(err, seal.ErrNoKey) {
					return err
				}
			}
			if next == "" {
				break
			}
			after = next
		}
	}
	return nil
}

func (s *store) record(ctx context.Context, p place) (directory.Record, error) {
	r, err := s.directory.Get(ctx, p.key)
	switch {
	case errors.Is(err, directory.ErrAbsent):
		s.memory.forget(p.owner)
		return r, seal.ErrNoKey
	case err != nil:
		return r, fmt.Errorf("read a key: %w", err)
	}
	return r, nil
}

func (s *store) wrap(ctx context.Context, p place, key []byte, made time.Time) (wrapped, error) {
	master, sealed, err := s.master.Wrap(ctx, key, p.owner)
	if err != nil {
		return wrapped{}, fmt.Errorf("wrap a key: %w", err)
	}
	return wrapped{Master: master, Made: made.UTC(), Key: sealed}, nil
}

func (s *store) unwrap(ctx context.Context, p place, r directory.Record) (wrapped, []byte, error) {
	w, err := decode(r.Value)
	if err != nil {
		return w, nil, err
	}
	key, err := s.master.Unwrap(ctx, w.Master, w.Key, p.owner)
	if err != nil {
		return w, nil, fmt.Errorf("unwrap a key: %w", err)
	}
	return w, key, nil
}
