package grant

import (
	"context"
	"errors"
	"slices"
	"time"
)

// FetchKeys returns the keys of the key set at url; alg is that of keys that
// name none. It does the remembering: with fresh they are read anew, if their
// owner can be asked again already.
type FetchKeys func(ctx context.Context, url string, alg Algorithm, fresh bool) ([]Key, error)

var (
	errSlot  = errors.New("a key slot cannot be read")
	errFetch = errors.New("key sets are not fetched here")
)

// Ring is slots with what is pasted in them parsed: who verifies often keeps
// it. Make it with Slots.Ring. It is immutable.
type Ring struct {
	slots  Slots
	pasted [2][2]pasted // by kind
}

// pasted is a slot's key, or why there is none.
type pasted struct {
	key Key
	err error
}

// Ring parses the slots.
func (s Slots) Ring() *Ring {
	r := &Ring{slots: s}
	for _, kind := range []Kind{Client, Admin} {
		for i, slot := range s.Of(kind) {
			if slot.Empty() || slot.JWKSURL != "" {
				continue
			}
			key, err := slot.Key()
			if err != nil {
				// Not the parser's fault of kind Invalid: the one who connects
				// has nothing to do with it.
				err = errSlot
			}
			r.pasted[kind][i] = pasted{key, err}
		}
	}
	return r
}

// Fetched reports whether a slot of that kind is a key set that is good now.
func (r *Ring) Fetched(kind Kind, now time.Time) bool {
	of := r.slots.Of(kind)
	return slices.ContainsFunc(of[:], func(s Slot) bool { return !s.Free(now) && s.JWKSURL != "" })
}

// Keys returns the keys of one kind that are good now, key sets fetched; none
// is no error. A slot that cannot be read is left out if another can. With
// fresh, key sets are read anew, as far as their owner can be asked again
// already. fetch may be nil where there are no key sets.
func (r *Ring) Keys(ctx context.Context, kind Kind, now time.Time, fetch FetchKeys, fresh bool) ([]Key, error) {
	var keys []Key
	var failed error
	for i, s := range r.slots.Of(kind) {
		var read []Key
		var err error
		switch {
		case s.Free(now):
		case s.JWKSURL == "":
			read, err = []Key{r.pasted[kind][i].key}, r.pasted[kind][i].err
		case fetch == nil:
			err = errFetch
		default:
			read, err = fetch(ctx, s.JWKSURL, s.Algorithm, fresh)
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		keys = append(keys, read...)
	}
	if len(keys) > 0 {
		return keys, nil
	}
	return nil, failed
}
