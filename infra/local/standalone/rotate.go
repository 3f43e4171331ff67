package standalone

import (
	"context"

	"tacet/infra/httpapi/manage"
	"tacet/infra/vault"
)

// keyring is what the keys of accounts are kept by.
type keyring struct {
	master     *vault.KeyFile
	vault      *vault.Vault
	deployment *vault.Deployment
}

// rotate changes keys while everything runs. A master key that was replaced stays
// in its file until the next start, for who is just using it.
func (k keyring) rotate(ctx context.Context, r manage.Rotation) (int, error) {
	if r.Keys == manage.MasterKeys {
		if err := k.master.Add(); err != nil {
			return 0, err
		}
		return k.vault.Rewrap(ctx)
	}
	n, err := k.vault.RotateAll(ctx, r.Since)
	if err == nil {
		err = k.deployment.Rotate(ctx, r.Since)
	}
	return n, err
}

// tidy drops master keys that were replaced. It is for the start, when nobody
// else is using any.
func (k keyring) tidy(ctx context.Context) error {
	if !k.master.Several() {
		return nil
	}
	if _, err := k.vault.Rewrap(ctx); err != nil {
		return err
	}
	return k.master.Drop()
}
