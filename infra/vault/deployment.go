package vault

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"tacet/core/seal"
)

// The secrets of a deployment.
var (
	root         = common("root")
	commonSealer = common("sealer")
	signer       = common("signer")
)

// Deployment implements seal.Deployment. Each of its secrets is made when it is
// first asked for. Safe for concurrent use.
type Deployment struct {
	store *store

	mu   sync.Mutex
	root *opened // once it was read: it never changes
}

// NewDeployment returns a deployment's secrets, from the directory of its vault.
func NewDeployment(o Options) *Deployment { return &Deployment{store: newStore(o)} }

// Hash implements seal.Deployment: HMAC-SHA-256 under a key that HKDF derives
// from the root for the purpose.
func (d *Deployment) Hash(ctx context.Context, purpose string, value []byte) ([]byte, error) {
	root, err := d.rootSecret(ctx)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, root.reveal(), nil, "tacet: keyed hashes for "+purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a purpose: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(value)
	return mac.Sum(nil), nil
}

// Sealer implements seal.Deployment. What it returns is a *Sealer.
func (d *Deployment) Sealer(ctx context.Context) (seal.Sealer, error) {
	o, err := d.store.getOrMake(ctx, commonSealer, newKeyset)
	if err != nil {
		return nil, err
	}
	return newSealer(commonSealer.owner, o)
}

// Signer implements seal.Deployment.
func (d *Deployment) Signer(ctx context.Context) (ed25519.PrivateKey, error) {
	seed, err := d.store.getOrMake(ctx, signer, random(ed25519.SeedSize))
	if err != nil {
		return nil, err
	}
	if len(seed.reveal()) != ed25519.SeedSize {
		return nil, errDamaged
	}
	return ed25519.NewKeyFromSeed(seed.reveal()), nil
}

// Rotate makes Sealer seal with a new key, as Vault.Rotate does for an owner.
func (d *Deployment) Rotate(ctx context.Context, since time.Time) error {
	if _, err := d.Sealer(ctx); err != nil { // one that is there
		return err
	}
	_, err := d.store.rotate(ctx, commonSealer, since)
	return err
}

// Retire drops the keys that Sealer does not seal with any more.
func (d *Deployment) Retire(ctx context.Context) error { return d.store.retire(ctx, commonSealer) }

func (d *Deployment) rootSecret(ctx context.Context) (*opened, error) {
	d.mu.Lock()
	known := d.root
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	o, err := d.store.getOrMake(ctx, root, random(32))
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.root = o
	return o, nil
}

func random(size int) func() ([]byte, error) {
	return func() ([]byte, error) {
		secret := make([]byte, size)
		_, err := rand.Read(secret)
		return secret, err
	}
}
