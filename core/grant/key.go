package grant

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"tacet/core/fault"
)

// MinRSABits and MaxRSABits bound an RSA modulus. Below is weak (RFC 7518
// §3.3); above, a key would buy its owner our CPU time with each token.
const (
	MinRSABits = 2048
	MaxRSABits = 8192
)

// ErrShortSecret is in the chain of ParseKey's fault for an HS secret that is
// shorter than the algorithm's hash.
var ErrShortSecret = errors.New("secret shorter than RFC 7518 §3.2 asks")

// Key verifies tokens: an algorithm fixed together with its material, which
// sits in a closure for the reason given at Secret. It is made by ParseKey and
// ParseJWKS; the zero value verifies nothing. Safe for concurrent use.
type Key struct {
	alg    Algorithm
	id     string
	verify func(signed string, signature []byte) error
}

// Algorithm returns the only algorithm that k verifies.
func (k Key) Algorithm() Algorithm { return k.alg }

// ID returns the key's id in its set (RFC 7517 §4.5), or "" when it has none:
// such a key is tried on every token of its algorithm.
func (k Key) ID() string { return k.id }

// String names the algorithm only.
func (k Key) String() string { return string(k.alg) + " key" }

// Format prints String for every verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

// LogValue returns String.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// ParseKey returns the key that text is, for alg alone: for HS algorithms the
// secret as it stands, for the others a public key in PEM (PKIX, PKCS #1, or a
// certificate for RSA and EC); for all of them also a JWK. The error is a
// fault of kind Invalid that says what to paste instead and does not repeat
// the text.
//
// Material of another family is refused, above all a public key given as an HS
// secret: everybody knows it, so everybody could sign.
func ParseKey(alg Algorithm, text string) (Key, error) {
	if !alg.Valid() {
		return Key{}, invalid("the algorithm must be one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA")
	}
	if text == "" {
		return Key{}, invalid("the key is empty")
	}
	if j, ok := looksLikeJWK(text); ok {
		return j.key(alg)
	}
	if alg.Symmetric() {
		if strings.Contains(text, "-----BEGIN ") {
			return Key{}, invalid("this is a key in PEM, not a secret for " + string(alg) + ": choose RS, PS, ES or EdDSA for it")
		}
		return newKey(alg, "", []byte(text))
	}
	if strings.Contains(text, "PRIVATE KEY-----") {
		return Key{}, invalid("this is a private key: keep it to yourself and paste the public key")
	}
	material, err := publicFromPEM(alg, []byte(text))
	if err != nil {
		// The parser's own error may quote the text; ours must not.
		return Key{}, invalid("this is not a public key for " + string(alg) + " in PEM (-----BEGIN PUBLIC KEY-----) nor a JWK")
	}
	return newKey(alg, "", material)
}

func publicFromPEM(alg Algorithm, text []byte) (any, error) {
	switch methods[alg].family {
	case rsaFamily:
		return jwt.ParseRSAPublicKeyFromPEM(text)
	case ecFamily:
		return jwt.ParseECPublicKeyFromPEM(text)
	default:
		return jwt.ParseEdPublicKeyFromPEM(text)
	}
}

// newKey joins an algorithm with material that fits it.
func newKey(alg Algorithm, id string, material any) (Key, error) {
	if err := fits(alg, material); err != nil {
		return Key{}, err
	}
	method := methods[alg].method
	return Key{alg: alg, id: id, verify: func(signed string, signature []byte) error {
		return method.Verify(signed, signature, material)
	}}, nil
}

// fits returns nil when the material may be used with alg.
func fits(alg Algorithm, material any) error {
	m := methods[alg]
	switch key := material.(type) {
	case []byte:
		if m.family != hmacFamily {
			break
		}
		if len(key) < m.minimum {
			return &fault.Error{Kind: fault.Invalid, Cause: ErrShortSecret, Text: fmt.Sprintf(
				"a secret for %s needs %d bytes or more, this one has %d; make one with: openssl rand -hex %d",
				alg, m.minimum, len(key), m.minimum)}
		}
		return nil
	case *rsa.PublicKey:
		if m.family != rsaFamily {
			break
		}
		if bits := key.N.BitLen(); bits < MinRSABits || bits > MaxRSABits {
			return invalid(fmt.Sprintf("an RSA key needs %d to %d bits, this one has %d", MinRSABits, MaxRSABits, bits))
		}
		return nil
	case *ecdsa.PublicKey:
		if m.family != ecFamily {
			break
		}
		if key.Curve != m.curve {
			return invalid(fmt.Sprintf("%s needs a key on the curve %s, this one is on %s", alg, m.curve.Params().Name, key.Curve.Params().Name))
		}
		return nil
	case ed25519.PublicKey:
		if m.family == edFamily && len(key) == ed25519.PublicKeySize {
			return nil
		}
	}
	return invalid("this key cannot be used with " + string(alg))
}

// base64url decodes strictly: RFC 7515 §2, no padding, no stray bits, no line
// breaks. Without Strict several spellings would be one token.
func base64url(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the decoder skips these, even when strict
		return nil, base64.CorruptInputError(0)
	}
	return strictURL.DecodeString(s)
}

var strictURL = base64.RawURLEncoding.Strict()

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
