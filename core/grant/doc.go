// Package grant reads tokens: whether one is genuine, whose it is, and what it
// allows.
//
// It promises that a token's own words choose nothing: the algorithm belongs
// to the key (a token that names another is refused), a key id only picks
// among the keys of the same application, and claims are read after the
// signature has been verified, never before. Nothing here repeats a token, a
// claim or a key in an error or when printed.
//
// It does not fetch key sets (infra/jwks does), keeps no clock (callers pass
// now), does not know what a client token may do that an admin token may not:
// the kind of a token is the kind of the keys that the caller verifies it
// with. Audience and issuer are not looked at: which application a token is
// for is known by the key that verifies it.
//
// Signatures are verified by golang-jwt; what surrounds them (three parts,
// strict base64url, unique claims) is read here, because that library reads
// claims before it checks the signature and takes the last of two claims of
// one name.
package grant
