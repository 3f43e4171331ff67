package grant_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"hash"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/grant"
)

// now is when all tests take place.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// secret is long enough for each HS algorithm.
var secret = strings.Repeat("0123456789abcdef", 4)

// pair is a key in the forms in which people have it.
type pair struct{ private, public, jwk string }

// newRSA, newEC and newEd make pairs once: keys take long under WebAssembly.
var (
	newRSA   = sync.OnceValue(makeRSA)
	otherRSA = sync.OnceValue(makeRSA)
	newEC    = map[grant.Algorithm]func() pair{
		grant.ES256: sync.OnceValue(func() pair { return makeEC(elliptic.P256()) }),
		grant.ES384: sync.OnceValue(func() pair { return makeEC(elliptic.P384()) }),
		grant.ES512: sync.OnceValue(func() pair { return makeEC(elliptic.P521()) }),
	}
	newEd = sync.OnceValue(makeEd)
)

// pairFor returns the pair that alg takes, the same each time.
func pairFor(alg grant.Algorithm) pair {
	switch alg[:2] {
	case "HS":
		return pair{secret, secret, fmt.Sprintf(`{"kty":"oct","k":%q}`, b64([]byte(secret)))}
	case "RS", "PS":
		return newRSA()
	case "ES":
		return newEC[alg]()
	default:
		return newEd()
	}
}

// otherPairFor returns a pair of another application.
func otherPairFor(alg grant.Algorithm) pair {
	switch alg[:2] {
	case "HS":
		other := strings.Repeat("another secret! ", 4)
		return pair{private: other, public: other}
	case "RS", "PS":
		return otherRSA()
	case "ES":
		curve := map[grant.Algorithm]elliptic.Curve{grant.ES256: elliptic.P256(), grant.ES384: elliptic.P384(), grant.ES512: elliptic.P521()}[alg]
		return makeEC(curve)
	default:
		return makeEd()
	}
}

func makeRSA() pair { return makeRSABits(2048) }

func makeRSABits(bits int) pair {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	p := inPEM(key, &key.PublicKey)
	p.jwk = fmt.Sprintf(`{"kty":"RSA","n":%q,"e":%q}`, b64(key.N.Bytes()), b64(big.NewInt(int64(key.E)).Bytes()))
	return p
}

func makeEC(curve elliptic.Curve) pair {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	p := inPEM(key, &key.PublicKey)
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	half := (len(point) - 1) / 2
	p.jwk = fmt.Sprintf(`{"kty":"EC","crv":%q,"x":%q,"y":%q}`, curve.Params().Name, b64(point[1:1+half]), b64(point[1+half:]))
	return p
}

func makeEd() pair {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	p := inPEM(private, public)
	p.jwk = fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q}`, b64(public))
	return p
}

func inPEM(private, public any) pair {
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	open, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(err)
	}
	return pair{
		private: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
		public:  string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: open})),
	}
}

func mustKey(t testing.TB, alg grant.Algorithm, text string) grant.Key {
	t.Helper()
	k, err := grant.ParseKey(alg, text)
	if err != nil {
		t.Fatalf("ParseKey(%s): %v", alg, err)
	}
	return k
}

// mustSign returns a token with an hour to live.
func mustSign(t testing.TB, alg grant.Algorithm, private string, c grant.Claims) string {
	t.Helper()
	key, err := grant.ParseSigningKey(alg, private)
	if err != nil {
		t.Fatalf("ParseSigningKey(%s): %v", alg, err)
	}
	if c.Expires.IsZero() {
		c.Expires = now.Add(time.Hour)
	}
	token, err := grant.Sign(key, c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// craft makes a token out of any header and claims, signed with an HS
// algorithm by hand: what Sign would never make, and a check of what it does.
func craft(alg grant.Algorithm, key, header, claims string) string {
	hashes := map[grant.Algorithm]func() hash.Hash{grant.HS256: sha256.New, grant.HS384: sha512.New384, grant.HS512: sha512.New}
	signed := b64([]byte(header)) + "." + b64([]byte(claims))
	mac := hmac.New(hashes[alg], []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + b64(mac.Sum(nil))
}

// claim returns a token with these claims, HS256, signed with secret.
func claim(claims string) string {
	return craft(grant.HS256, secret, `{"alg":"HS256","typ":"JWT"}`, claims)
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
