// Package seal says how what is personal is made unreadable: each owner (an
// account) has a data key, which values are sealed with, and which can be
// destroyed. It has the ports; package infra/vault has what is behind them.
package seal

import (
	"context"
	"crypto/ed25519"
	"errors"
)

// ErrNoKey says that an owner has no key: it was destroyed, or never made.
// What was sealed with it cannot be read again.
var ErrNoKey = errors.New("there is no such data key")

// ErrSealed says that a value does not open: it was changed, lay elsewhere, or
// was sealed with another key.
var ErrSealed = errors.New("the sealed value does not open")

// Sealer seals values with one key, authenticated and randomised. Safe for
// concurrent use; keep it for one request at most, so that a destroyed key is
// not used any more.
type Sealer interface {
	// Seal returns plain sealed for its place: a text that is different for
	// each place where a value can lie.
	Seal(plain []byte, place string) ([]byte, error)
	// Open returns what was sealed for this place, or ErrSealed.
	Open(sealed []byte, place string) ([]byte, error)
}

// Vault keeps a data key for each owner. Safe for concurrent use.
type Vault interface {
	// Create makes the owner's key if there is none.
	Create(ctx context.Context, owner string) error
	// Sealer returns what seals with the owner's key, or ErrNoKey. It asks each
	// time whether the key still exists: after Destroy has returned, everybody
	// gets ErrNoKey.
	Sealer(ctx context.Context, owner string) (Sealer, error)
	// Destroy makes the owner's key unrecoverable. One that does not exist is
	// no error.
	Destroy(ctx context.Context, owner string) error
}

// Deployment is the secrets that a whole deployment shares. They outlive every
// account. Safe for concurrent use.
type Deployment interface {
	// Hash returns a keyed hash of 32 bytes. Hashes for different purposes are
	// unrelated. Without the deployment's secret nobody can tell whether a
	// hash is that of a value that he guesses.
	Hash(ctx context.Context, purpose string, value []byte) ([]byte, error)
	// Sealer returns what seals with the deployment's own key.
	Sealer(ctx context.Context) (Sealer, error)
	// Signer returns the key that certificates are signed with.
	Signer(ctx context.Context) (ed25519.PrivateKey, error)
}
