package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"tacet/core/seal"
)

// masterKeySize makes AES-256 of it.
const masterKeySize = 32

// ring is master keys, the first of which wraps. They are in a closure because
// package fmt walks the bits of unexported fields by reflection, which cannot
// look into one. It is not changed once made.
type ring struct {
	names []string // of the keys, in their order
	keys  func() [][]byte
}

func newRing(keys ...[]byte) ring {
	r := ring{keys: func() [][]byte { return slices.Clone(keys) }}
	for _, k := range keys {
		r.names = append(r.names, masterName(k))
	}
	return r
}

// masterName names a key, and tells nothing about it.
func masterName(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("tacet: the name of a master key"))
	return "file:" + hex.EncodeToString(mac.Sum(nil)[:8])
}

func (r ring) first() string { return r.names[0] }

func (r ring) has(name string) bool { return slices.Contains(r.names, name) }

func (r ring) wrap(key []byte, owner string) []byte {
	return wrapper(r.keys()[0]).Seal(nil, nil, key, wrapContext(owner))
}

func (r ring) unwrap(name string, wrapped []byte, owner string) ([]byte, error) {
	key, err := wrapper(r.keys()[slices.Index(r.names, name)]).Open(nil, nil, wrapped, wrapContext(owner))
	if err != nil {
		return nil, seal.ErrSealed
	}
	return key, nil
}

// wrapper returns what a master key wraps with. Nonces are random: a key may
// wrap four thousand million times, which is more owners than there will be.
func wrapper(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the size is right
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // the block is one of AES
	}
	return aead
}

func wrapContext(owner string) []byte { return []byte("tacet: the data key of " + owner) }
