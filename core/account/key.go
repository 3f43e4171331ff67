package account

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/job"
)

// keysRecord is what is known of an application's verification keys. The keys
// themselves lie in the data plane's record, which is written in the same Apply:
// both have the same version.
type keysRecord struct {
	Keys []byte `json:"keys"` // sealed: []heldKey
}

// heldKey is what is known of a key, and in which slot of its kind it is.
type heldKey struct {
	Key
	Slot int
}

// ring is both records of an application's keys.
type ring struct {
	app         app.ID
	held        []heldKey
	slots       grant.Slots
	known, kept directory.Record // as they were read; zero for an application that is new
}

func noKey() error { return notFound("this application has no such key") }

func (c *Caller) keysKey(of app.ID) directory.Key { return c.Key(keysPrefix + string(of)) }

// newKeys returns the keys of an application that is new.
func newKeys(of app.ID, slots grant.Slots, s *Service, now time.Time) *ring {
	r := &ring{app: of, slots: slots}
	for _, kind := range []grant.Kind{grant.Client, grant.Admin} {
		for i, slot := range slots.Of(kind) {
			if !slot.Empty() {
				r.held = append(r.held, heldKey{s.newKey(kind, slot, now), i})
			}
		}
	}
	return r
}

func (s *Service) newKey(kind grant.Kind, slot grant.Slot, now time.Time) Key {
	return Key{
		ID: KeyID(hex.EncodeToString(s.random(8))), Kind: kind, Algorithm: slot.Algorithm, JWKSURL: slot.JWKSURL,
		Created: now, Until: slot.NotAfter,
	}
}

// ring reads an application's keys. Those that are not good any more are left
// out.
func (c *Caller) ring(ctx context.Context, of app.ID) (*ring, error) {
	held, known, err := c.held(ctx, of)
	if err != nil {
		return nil, err
	}
	r := &ring{app: of, known: known, held: held}
	r.kept, err = c.s.get(ctx, of.SlotsKey())
	switch {
	case errors.Is(err, directory.ErrAbsent) || err == nil && r.kept.Version != known.Version:
		return nil, directory.ErrConflict // somebody was faster, in between
	case err != nil:
		return nil, err
	}
	sealer, err := c.Sealer(ctx)
	if err != nil {
		return nil, err
	}
	if r.slots, err = app.ReadSlots(r.kept, sealer); err != nil {
		return nil, unavailable(err)
	}
	r.clear(c.s.Now())
	return r, nil
}

// held reads what is known of an application's keys.
func (c *Caller) held(ctx context.Context, of app.ID) ([]heldKey, directory.Record, error) {
	record, r, err := read[keysRecord](ctx, c.s, c.keysKey(of))
	if errors.Is(err, directory.ErrAbsent) {
		err = noApp()
	}
	if err != nil {
		return nil, r, err
	}
	held, err := open[[]heldKey](ctx, c, r.Key, record.Keys)
	return held, r, unavailable(err)
}

// clear empties the slots of keys that are not good any more.
func (r *ring) clear(now time.Time) {
	r.held = slices.DeleteFunc(r.held, func(k heldKey) bool {
		over := r.slot(k.Kind, k.Slot).Free(now)
		if over {
			*r.slot(k.Kind, k.Slot) = grant.Slot{}
		}
		return over
	})
}

func (r *ring) slot(k grant.Kind, i int) *grant.Slot {
	if k == grant.Admin {
		return &r.slots.Admin[i]
	}
	return &r.slots.Client[i]
}

// find returns where a key is in held, or -1.
func (r *ring) find(id KeyID) int {
	return slices.IndexFunc(r.held, func(k heldKey) bool { return k.ID == id })
}

// remove takes a key away.
func (r *ring) remove(at int) {
	*r.slot(r.held[at].Kind, r.held[at].Slot) = grant.Slot{}
	r.held = slices.Delete(r.held, at, at+1)
}

// add puts a key into a free slot, or says that there is none.
func (r *ring) add(k Key, s grant.Slot) error {
	slots := r.slots.Of(k.Kind)
	for _, other := range slots {
		if !other.Empty() && other.Text.Equal(s.Text) && other.JWKSURL == s.JWKSURL {
			// Revoking one of them would revoke nothing.
			return conflict("the application has this key already")
		}
	}
	i := slices.IndexFunc(slots[:], grant.Slot.Empty)
	if i < 0 {
		return conflict("the application has two " + k.Kind.String() + " keys, and cannot have more: say which one the new one replaces, or revoke one first")
	}
	*r.slot(k.Kind, i) = s
	r.held = append(r.held, heldKey{k, i})
	return r.slots.Check()
}

// ringRecords returns the changes that write both records of an application's
// keys, if they are still what was read.
func (c *Caller) ringRecords(ctx context.Context, r *ring) ([]directory.Change, error) {
	k := c.keysKey(r.app)
	sealed, err := c.Seal(ctx, k, r.held)
	if err != nil {
		return nil, err
	}
	value, err := encode(keysRecord{sealed})
	if err != nil {
		return nil, err
	}
	sealer, err := c.Sealer(ctx)
	if err != nil {
		return nil, err
	}
	known := directory.Put(k, value, time.Time{}, directory.IfAbsent)
	kept, err := app.PutSlots(r.app, r.slots, sealer, directory.IfAbsent)
	if err != nil {
		return nil, unavailable(err)
	}
	if r.known.Version != "" {
		known.If, known.Version = directory.IfVersion, r.known.Version
		kept.If, kept.Version = directory.IfVersion, r.kept.Version
	}
	return []directory.Change{known, kept}, nil
}

// Keys lists an application's verification keys, those for clients first.
func (c *Caller) Keys(ctx context.Context, of string) ([]Key, error) {
	id, err := c.touch(of, ReadKeys)
	if err != nil {
		return nil, err
	}
	held, _, err := c.held(ctx, id)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(held, func(a, b heldKey) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.Created.Compare(b.Created)) })
	keys, now := []Key(nil), c.s.Now()
	for _, k := range held {
		if k.Until.IsZero() || now.Before(k.Until) {
			keys = append(keys, k.Key)
		}
	}
	return keys, nil
}

// RevokeKey withdraws a verification key at once, and ends the application's
// connections, because any of them may have come with it.
func (c *Caller) RevokeKey(ctx context.Context, of string, k KeyID) error {
	id, err := c.touch(of, ManageKeys)
	if err != nil {
		return err
	}
	rest := c.rest(job.EndConnections, id)
	err = c.retry(ctx, func() error {
		r, err := c.ring(ctx, id)
		if err != nil {
			return err
		}
		at := r.find(k)
		if at < 0 {
			return noKey()
		}
		r.remove(at)
		return c.writeRing(ctx, r, k, rest.Make())
	})
	if err != nil {
		return err
	}
	c.s.endNow(ctx, rest)
	return nil
}

// writeRing keeps an application's keys, of which one was made or revoked.
func (c *Caller) writeRing(ctx context.Context, r *ring, about KeyID, more ...directory.Change) error {
	changes, err := c.ringRecords(ctx, r)
	if err != nil {
		return err
	}
	_, err = c.Apply(ctx, ManageKeys, string(r.app)+"/"+string(about), append(changes, more...)...)
	c.s.changed(r.app) // also when it failed: it may have happened
	return err
}
