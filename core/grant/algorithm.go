package grant

import (
	"crypto/elliptic"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithm is a signature algorithm by its name in RFC 7518 §3.1 and
// RFC 8037 §3.1. The zero value is none, and verifies nothing.
type Algorithm string

// The algorithms. There is no "none".
const (
	HS256 Algorithm = "HS256"
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
	RS256 Algorithm = "RS256"
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256"
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	ES256 Algorithm = "ES256"
	ES384 Algorithm = "ES384"
	ES512 Algorithm = "ES512"
	EdDSA Algorithm = "EdDSA" // Ed25519 only
)

// Algorithms lists all of them, in the order in which people are offered them.
var Algorithms = []Algorithm{
	HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA,
}

// family is the sort of key that an algorithm takes.
type family uint8

const (
	unknown family = iota
	hmacFamily
	rsaFamily
	ecFamily
	edFamily
)

// methods holds what verifies and signs, fixed at compile time: golang-jwt's
// registry by name is never asked, so no name out of a token can reach it.
var methods = map[Algorithm]struct {
	family  family
	method  jwt.SigningMethod
	curve   elliptic.Curve // ES only
	minimum int            // HS only: bytes of the secret, RFC 7518 §3.2
}{
	HS256: {family: hmacFamily, method: jwt.SigningMethodHS256, minimum: 32},
	HS384: {family: hmacFamily, method: jwt.SigningMethodHS384, minimum: 48},
	HS512: {family: hmacFamily, method: jwt.SigningMethodHS512, minimum: 64},
	RS256: {family: rsaFamily, method: jwt.SigningMethodRS256},
	RS384: {family: rsaFamily, method: jwt.SigningMethodRS384},
	RS512: {family: rsaFamily, method: jwt.SigningMethodRS512},
	PS256: {family: rsaFamily, method: jwt.SigningMethodPS256},
	PS384: {family: rsaFamily, method: jwt.SigningMethodPS384},
	PS512: {family: rsaFamily, method: jwt.SigningMethodPS512},
	ES256: {family: ecFamily, method: jwt.SigningMethodES256, curve: elliptic.P256()},
	ES384: {family: ecFamily, method: jwt.SigningMethodES384, curve: elliptic.P384()},
	ES512: {family: ecFamily, method: jwt.SigningMethodES512, curve: elliptic.P521()},
	EdDSA: {family: edFamily, method: jwt.SigningMethodEdDSA},
}

// Valid reports whether a is one of Algorithms, spelt exactly so.
func (a Algorithm) Valid() bool { return methods[a].family != unknown }

// Symmetric reports whether a is an HS algorithm: whoever can verify can sign.
func (a Algorithm) Symmetric() bool { return methods[a].family == hmacFamily }
