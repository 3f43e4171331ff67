package vault

import (
	"context"
	"errors"
	"time"

	"tacet/core/seal"
)

// maxKeys of a keyset: as many as KMS can wrap, with room to spare.
const maxKeys = 20

var errTooManyKeys = errors.New("there are too many old keys to add another one: move what was sealed with them, and retire them")

func (s *store) sealer(ctx context.Context, p place) (seal.Sealer, error) {
	o, err := s.get(ctx, p)
	if err != nil {
		return nil, err
	}
	return newSealer(p.owner, o)
}

// rotate adds a key to the keyset at a place, unless its newest is new enough,
// and reports whether it did.
func (s *store) rotate(ctx context.Context, p place, since time.Time) (bool, error) {
	return s.change(ctx, p, func(w wrapped, key func() ([]byte, error)) ([]byte, time.Time, error) {
		made := s.now()
		if !w.Made.Before(since) {
			return nil, made, errSame
		}
		keys, err := unwrapKeyset(key)
		if err != nil {
			return nil, made, err
		}
		if len(keys) >= maxKeys {
			return nil, made, errTooManyKeys
		}
		next, err := addKey(keys)
		return next, made, err
	})
}

// retire drops all keys but the one that seals.
func (s *store) retire(ctx context.Context, p place) error {
	_, err := s.change(ctx, p, func(w wrapped, key func() ([]byte, error)) ([]byte, time.Time, error) {
		keys, err := unwrapKeyset(key)
		if err != nil {
			return nil, w.Made, err
		}
		if len(keys) == 1 {
			return nil, w.Made, errSame
		}
		return keys[:1].bytes(), w.Made, nil
	})
	return err
}

// rewrap wraps a key with the master key that wraps now, and reports whether
// it was another one.
func (s *store) rewrap(ctx context.Context, p place) (bool, error) {
	return s.change(ctx, p, func(w wrapped, key func() ([]byte, error)) ([]byte, time.Time, error) {
		current, err := s.master.Current(ctx)
		if err != nil {
			return nil, w.Made, err
		}
		if w.Master == current {
			return nil, w.Made, errSame
		}
		same, err := key()
		return same, w.Made, err
	})
}

func unwrapKeyset(key func() ([]byte, error)) (keyset, error) {
	plain, err := key()
	if err != nil {
		return nil, err
	}
	return readKeyset(plain)
}
