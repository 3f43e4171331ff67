package vault

import (
	"context"
	"time"

	"tacet/core/seal"
)

// Vault implements seal.Vault. Safe for concurrent use.
type Vault struct{ store *store }

// New returns a vault.
func New(o Options) *Vault { return &Vault{newStore(o)} }

// Create implements seal.Vault.
func (v *Vault) Create(ctx context.Context, owner string) error {
	p, err := ofOwner(owner)
	if err != nil {
		return err
	}
	key, err := newKeyset()
	if err != nil {
		return err
	}
	return v.store.make(ctx, p, key)
}

// Sealer implements seal.Vault. What it returns is a *Sealer.
func (v *Vault) Sealer(ctx context.Context, owner string) (seal.Sealer, error) {
	p, err := ofOwner(owner)
	if err != nil {
		return nil, err
	}
	return v.store.sealer(ctx, p)
}

// Destroy implements seal.Vault.
func (v *Vault) Destroy(ctx context.Context, owner string) error {
	p, err := ofOwner(owner)
	if err != nil {
		return err
	}
	return v.store.destroy(ctx, p)
}

// Rotate gives an owner a new key to seal with, unless the newest was made at
// or after a time: whoever repeats a rotation says when he began the first. What
// was sealed before stays readable; see the package comment for what moves it.
func (v *Vault) Rotate(ctx context.Context, owner string, since time.Time) error {
	p, err := ofOwner(owner)
	if err != nil {
		return err
	}
	_, err = v.store.rotate(ctx, p, since)
	return err
}

// RotateAll does what Rotate does for every owner there is, and returns for how
// many it did it. If it fails, repeating it with the same time does the rest.
func (v *Vault) RotateAll(ctx context.Context, since time.Time) (int, error) {
	n := 0
	err := v.store.each(ctx, everywhere()[1:], func(p place) error {
		done, err := v.store.rotate(ctx, p, since)
		if done {
			n++
		}
		return err
	})
	return n, err
}

// Retire drops all keys of an owner but the one that seals. What was sealed with
// them cannot be read again: see the package comment for when nothing is.
func (v *Vault) Retire(ctx context.Context, owner string) error {
	p, err := ofOwner(owner)
	if err != nil {
		return err
	}
	return v.store.retire(ctx, p)
}

// Rewrap wraps every key, those of the deployment too, with the master key that
// wraps now, and returns how many were wrapped with another. If it fails,
// repeating it does the rest. Nobody is kept from reading meanwhile.
func (v *Vault) Rewrap(ctx context.Context) (int, error) {
	n := 0
	err := v.store.each(ctx, everywhere(), func(p place) error {
		done, err := v.store.rewrap(ctx, p)
		if done {
			n++
		}
		return err
	})
	return n, err
}
