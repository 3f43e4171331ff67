package vault

import (
	"context"

	"tacet/core/seal"
)

// Remembered returns how many keys a vault has in memory.
func Remembered(v *Vault) int {
	v.store.memory.mu.Lock()
	defer v.store.memory.mu.Unlock()
	return len(v.store.memory.keys)
}

// The limits of that memory.
const (
	MaxMemory  = maxMemory
	MaxAge     = remembered
	MaxKeys    = maxKeys
	DataKey    = owners
	CommonKind = commons
)

// KeyOf returns an owner's keyset in clear.
func KeyOf(ctx context.Context, v *Vault, owner string) ([]byte, error) {
	p, err := ofOwner(owner)
	if err != nil {
		return nil, err
	}
	o, err := v.store.get(ctx, p)
	if err != nil {
		return nil, err
	}
	return o.reveal(), nil
}

// Secrets returns all secrets of a deployment in clear.
func Secrets(ctx context.Context, d *Deployment) (all [][]byte, err error) {
	for _, p := range []place{root, commonSealer, signer} {
		o, err := d.store.get(ctx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, o.reveal())
	}
	return all, nil
}

// KeysOf returns of how many keys a sealer is made.
func KeysOf(ctx context.Context, v *Vault, owner string) (int, error) {
	key, err := KeyOf(ctx, v, owner)
	if err != nil {
		return 0, err
	}
	keys, err := readKeyset(key)
	return len(keys), err
}

// MasterKeys returns the keys of a file in clear.
func MasterKeys(f *KeyFile) [][]byte { return f.ring.keys() }

// Reseal is what who moves old values asks a sealer for.
func Reseal(s seal.Sealer, sealed []byte, place string) ([]byte, bool, error) {
	return s.(*Sealer).Reseal(sealed, place)
}

// Sealed and Unsealed are what a keyset, as it rests, makes of a value.
func Sealed(keyset, plain []byte, context string) ([]byte, error) {
	keys, err := readKeyset(keyset)
	if err != nil {
		return nil, err
	}
	return keys.seal(plain, []byte(context)), nil
}

func Unsealed(keyset, sealed []byte, context string) ([]byte, bool) {
	keys, err := readKeyset(keyset)
	if err != nil {
		return nil, false
	}
	return keys.open(sealed, []byte(context))
}
