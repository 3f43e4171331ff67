package sealtest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"sync"

	"tacet/core/seal"
)

// Random returns what fills bytes with the same numbers for the same seed. Safe
// for concurrent use.
func Random(seed uint64) func([]byte) {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	var mu sync.Mutex
	source := rand.NewChaCha8(key)
	return func(b []byte) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = source.Read(b) // which never fails
	}
}

// sealer is AES-256-GCM with a random nonce in front.
type sealer struct {
	aead   cipher.AEAD
	random func([]byte)
}

func newSealer(key []byte, random func([]byte)) (seal.Sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead, random}, err
}

func (s sealer) Seal(plain []byte, place string) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize())
	s.random(nonce)
	return s.aead.Seal(nonce, nonce, plain, []byte(place)), nil
}

func (s sealer) Open(sealed []byte, place string) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, seal.ErrSealed
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(place))
	if err != nil {
		return nil, seal.ErrSealed
	}
	return plain, nil
}

// Vault is a seal.Vault in memory.
type Vault struct {
	random func([]byte)

	mu   sync.Mutex
	keys map[string][]byte
}

// NewVault returns a vault without keys.
func NewVault(random func([]byte)) *Vault {
	return &Vault{random: random, keys: map[string][]byte{}}
}

// Create implements seal.Vault.
func (v *Vault) Create(ctx context.Context, owner string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if ctx.Err() != nil || v.keys[owner] != nil {
		return ctx.Err()
	}
	key := make([]byte, 32)
	v.random(key)
	v.keys[owner] = key
	return nil
}

// Sealer implements seal.Vault.
func (v *Vault) Sealer(ctx context.Context, owner string) (seal.Sealer, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch key := v.keys[owner]; {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case key == nil:
		return nil, seal.ErrNoKey
	default:
		return newSealer(key, v.random)
	}
}

// Destroy implements seal.Vault.
func (v *Vault) Destroy(ctx context.Context, owner string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if ctx.Err() == nil {
		delete(v.keys, owner)
	}
	return ctx.Err()
}

// Owners returns how many have a key.
func (v *Vault) Owners() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.keys)
}

// Deployment is a seal.Deployment in memory.
type Deployment struct {
	random       func([]byte)
	hash, sealed []byte
	sign         ed25519.PrivateKey
}

// NewDeployment returns a deployment with secrets of its own.
func NewDeployment(random func([]byte)) *Deployment {
	secret := func() []byte {
		b := make([]byte, 32)
		random(b)
		return b
	}
	return &Deployment{random, secret(), secret(), ed25519.NewKeyFromSeed(secret())}
}

// Hash implements seal.Deployment.
func (d *Deployment) Hash(ctx context.Context, purpose string, value []byte) ([]byte, error) {
	mac := hmac.New(sha256.New, d.hash)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(purpose))))
	mac.Write([]byte(purpose))
	mac.Write(value)
	return mac.Sum(nil), ctx.Err()
}

// Sealer implements seal.Deployment.
func (d *Deployment) Sealer(ctx context.Context) (seal.Sealer, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return newSealer(d.sealed, d.random)
}

// Signer implements seal.Deployment.
func (d *Deployment) Signer(ctx context.Context) (ed25519.PrivateKey, error) {
	return d.sign, ctx.Err()
}
