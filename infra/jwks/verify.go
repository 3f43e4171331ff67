package jwks

import (
	"context"
	"time"

	"tacet/core/grant"
)

// Verify returns what token says if a key of slots made its signature: a
// pasted one, else one of a key set. A set is fetched only for a token that is
// well formed and that no pasted key verifies, and fetched again, as far as
// MinInterval lets it, for one that none of its keys verifies: the keys may
// have been rotated. Errors are those of grant.Verify, or of Keys when a set
// that could have held the key was not to be had.
func (c *Cache) Verify(ctx context.Context, slots [2]grant.Slot, token string, now time.Time) (grant.Token, error) {
	got, err := grant.Verify(pasted(slots), token, now)
	var unavailable error
	for _, get := range []func(context.Context, string, grant.Algorithm) ([]grant.Key, error){c.Keys, c.Refresh} {
		unavailable = nil
		for _, s := range slots {
			if s.JWKSURL == "" || !unsigned(err) {
				continue
			}
			keys, missing := get(ctx, s.JWKSURL, s.Algorithm)
			if missing != nil {
				unavailable = missing
				continue
			}
			got, err = grant.Verify(keys, token, now)
		}
	}
	if unavailable != nil && unsigned(err) {
		return grant.Token{}, unavailable
	}
	return got, err
}

// unsigned reports whether a token was refused for want of the right key. Any
// other refusal stands, whichever keys there are.
func unsigned(err error) bool {
	r := grant.ReasonOf(err)
	return r == grant.NoKey || r == grant.BadSignature
}

// pasted returns the keys that stand in slots themselves. Slots are checked
// when they are set; should one fail here, the other must go on working.
func pasted(slots [2]grant.Slot) []grant.Key {
	var keys []grant.Key
	for _, s := range slots {
		if key, err := s.Key(); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}
