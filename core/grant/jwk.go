package grant

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
)

// MaxSetKeys is how many keys of a set are looked at; those beyond are left
// out. Each one may cost a signature check per token.
const MaxSetKeys = 64

// jwk is a key by RFC 7517, RFC 7518 §6 and RFC 8037 §2.
type jwk struct {
	Type       string    `json:"kty"`
	ID         string    `json:"kid"`
	Algorithm  Algorithm `json:"alg"`
	Use        string    `json:"use"`
	Operations []string  `json:"key_ops"`
	Curve      string    `json:"crv"`
	N          string    `json:"n"`
	E          string    `json:"e"`
	X          string    `json:"x"`
	Y          string    `json:"y"`
	D          string    `json:"d"`
	K          string    `json:"k"`
}

// looksLikeJWK returns text as a JWK and reports whether it is one: a JSON
// object with a kty. Other text in braces may still be an HS secret.
func looksLikeJWK(text string) (jwk, bool) {
	var j jwk
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return jwk{}, false
	}
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return jwk{}, false
	}
	return j, j.Type != ""
}

// key returns j as a key for alg.
func (j jwk) key(alg Algorithm) (Key, error) {
	switch {
	case j.D != "":
		return Key{}, invalid("this is a private key: keep it to yourself and paste the public key")
	case j.Use != "" && j.Use != "sig", len(j.Operations) > 0 && !slices.Contains(j.Operations, "verify"):
		return Key{}, invalid("this key is not meant for verifying signatures")
	case j.Algorithm != "" && j.Algorithm != alg:
		return Key{}, invalid("this key says itself that it is for another algorithm than " + string(alg))
	}
	material, ok := j.material()
	if !ok {
		return Key{}, invalid("this JWK is incomplete, or of a type that is not known here (oct, RSA, EC, OKP with Ed25519)")
	}
	return newKey(alg, j.ID, material)
}

// material returns what golang-jwt verifies with, and whether j holds it.
func (j jwk) material() (any, bool) {
	switch j.Type {
	case "oct":
		k, err := base64url(j.K)
		return k, err == nil && len(k) > 0
	case "RSA":
		n, nErr := base64url(j.N)
		e, eErr := base64url(j.E)
		// crypto/rsa takes exponents of up to 31 bits.
		exponent := new(big.Int).SetBytes(e)
		if nErr != nil || eErr != nil || len(n) > MaxRSABits/8+1 || exponent.BitLen() > 31 || exponent.BitLen() < 2 || exponent.Bit(0) == 0 {
			return nil, false
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}, true
	case "EC":
		return j.ecMaterial()
	case "OKP":
		x, err := base64url(j.X)
		return ed25519.PublicKey(x), err == nil && j.Curve == "Ed25519" && len(x) == ed25519.PublicKeySize
	}
	return nil, false
}

func (j jwk) ecMaterial() (any, bool) {
	curves := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	curve, ok := curves[j.Curve]
	x, xErr := base64url(j.X)
	y, yErr := base64url(j.Y)
	if !ok || xErr != nil || yErr != nil {
		return nil, false
	}
	// This refuses points of another length and those that are not on the curve.
	key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	return key, err == nil
}

// ParseJWKS returns the usable keys of a set (RFC 7517 §5). A key that names no
// algorithm takes alg; one that names an algorithm keeps its own, if it fits
// the key's type. What cannot be used is left out, as §5 asks: other types,
// keys for encryption, weak keys, private keys, and secrets (oct), which are
// none once they are published. A set without usable keys gives none and no
// error; the error says that data is no key set.
func ParseJWKS(data []byte, alg Algorithm) ([]Key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil || set.Keys == nil {
		return nil, invalid(`this is not a key set: a JSON object with an array "keys"`)
	}
	var keys []Key
	for _, raw := range set.Keys[:min(len(set.Keys), MaxSetKeys)] {
		var j jwk
		if json.Unmarshal(raw, &j) != nil || j.Type == "oct" {
			continue
		}
		own := j.Algorithm
		if own == "" {
			own = alg
		}
		if key, err := j.key(own); err == nil {
			keys = append(keys, key)
		}
	}
	return keys, nil
}
