package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/seal"
)

// errDamaged says that a record is not what was written. What is wrong with it
// is not said: that could quote a key.
var errDamaged = errors.New("the record of an application is damaged")

// Key returns where an application lies.
func (id ID) Key() directory.Key { return only('a', id) }

// SlotsKey returns where an application's verification keys lie.
func (id ID) SlotsKey() directory.Key { return only('v', id) }

func only(kind directory.Kind, id ID) directory.Key {
	return directory.Key{Part: directory.Part{Kind: kind, ID: string(id)}, Name: directory.Only}
}

// Put returns the change that writes the application, or a fault of kind Invalid
// that says what is wrong with it.
func (a *App) Put(c directory.Condition) (directory.Change, error) {
	if err := a.Check(); err != nil {
		return directory.Change{}, err
	}
	data, err := json.Marshal(a)
	if err != nil {
		return directory.Change{}, err
	}
	return directory.Put(a.ID.Key(), data, time.Time{}, c), nil
}

// Read returns the application that a record holds.
func Read(r directory.Record) (*App, error) {
	a := new(App)
	if json.Unmarshal(r.Value, a) != nil || a.ID.Key() != r.Key {
		return nil, errDamaged
	}
	return a, nil
}

// PutSlots returns the change that writes an application's keys, sealed with the
// key of its account, or a fault of kind Invalid that says what is wrong with
// them.
func PutSlots(id ID, slots grant.Slots, with seal.Sealer, c directory.Condition) (directory.Change, error) {
	if err := slots.Check(); err != nil {
		return directory.Change{}, err
	}
	plain, err := json.Marshal(slots)
	if err != nil {
		return directory.Change{}, errDamaged
	}
	sealed, err := with.Seal(plain, id.SlotsKey().String())
	return directory.Put(id.SlotsKey(), sealed, time.Time{}, c), err
}

// ReadSlots returns the keys that a record holds.
func ReadSlots(r directory.Record, with seal.Sealer) (grant.Slots, error) {
	plain, err := with.Open(r.Value, r.Key.String())
	if err != nil {
		return grant.Slots{}, err
	}
	var slots grant.Slots
	if json.Unmarshal(plain, &slots) != nil {
		return grant.Slots{}, errDamaged
	}
	return slots, nil
}

// Fresh returns an application as the directory has it now. The error is ErrNone
// if there is none.
func Fresh(ctx context.Context, d directory.Directory, id ID) (*App, error) {
	r, err := d.Get(ctx, id.Key())
	switch {
	case errors.Is(err, directory.ErrAbsent):
		return nil, ErrNone
	case err != nil:
		return nil, err
	}
	return Read(r)
}
