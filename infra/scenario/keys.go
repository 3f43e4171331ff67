package scenario

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"tacet/core/grant"
)

// What the keys of an application are called.
const (
	first    = "first"  // client tokens, slot 1
	second   = "second" // client tokens, slot 2
	admin    = "admin"
	stranger = "stranger" // somebody else's
)

// Keys are the keys that make an application's tokens, by what they are called.
type Keys map[string]key

// key signs tokens.
type key struct {
	alg  grant.Algorithm
	sign any    // as golang-jwt wants it
	text string // as it is pasted into a slot: a secret, or a public key in PEM
}

// add makes a fresh key.
func (k Keys) add(name string, alg grant.Algorithm) error {
	fresh, err := newKey(alg)
	if err != nil {
		return err
	}
	k[name] = fresh
	return nil
}

func newKey(alg grant.Algorithm) (key, error) {
	if alg.Symmetric() {
		text := rand.Text() + rand.Text() + rand.Text() // 78 characters: enough for HS512
		return key{alg, []byte(text), text}, nil
	}
	private, err := generate(alg)
	if err != nil {
		return key{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return key{}, err
	}
	return key{alg, private, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))}, nil
}

func generate(alg grant.Algorithm) (crypto.Signer, error) {
	switch alg {
	case grant.RS256, grant.RS384, grant.RS512, grant.PS256, grant.PS384, grant.PS512:
		return rsa.GenerateKey(rand.Reader, 2048)
	case grant.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case grant.ES384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case grant.ES512:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case grant.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("there is no algorithm %q", alg)
}

// slots is what the application verifies with: the first key from a set, if
// there is one.
func (k Keys) slots(set *keySet) grant.Slots {
	var s grant.Slots
	for name, slot := range map[string]*grant.Slot{first: &s.Client[0], second: &s.Client[1], admin: &s.Admin[0]} {
		if key, ok := k[name]; ok {
			*slot = grant.Slot{Algorithm: key.alg, Text: grant.NewSecret(key.text)}
		}
	}
	if set != nil {
		s.Client[0] = grant.Slot{JWKSURL: set.url, Algorithm: k[first].alg}
	}
	return s
}
