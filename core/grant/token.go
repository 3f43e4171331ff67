package grant

import (
	"strings"
	"time"
)

// MaxTokenLength is how long a token may be, in bytes. Longer ones are refused
// before anything is parsed. API Gateway's own limit for all headers and the
// URL is 10 KiB.
const MaxTokenLength = 8 << 10

// Leeway is how far nbf and iat may lie in the future, for clocks that differ.
// exp has none: an expired token is expired. Public clients connect with
// tokens of five seconds, which any leeway worth having would double.
const Leeway = 30 * time.Second

// Token is what a genuine token said.
type Token struct {
	Subject Subject
	Grants  Grants
	Expires time.Time // UTC
}

// Verify returns what token says, if one of keys made its signature and it is
// valid at now. Keys of one kind only: the caller knows by the keys which kind
// of token it has. An error is a *fault.Error with a Reason in its chain, of
// kind Unauthenticated or Forbidden, and never repeats anything of the token.
//
// The token's own alg must name the algorithm of the key that verifies it, and
// chooses nothing else.
func Verify(keys []Key, token string, now time.Time) (Token, error) {
	if len(token) > MaxTokenLength {
		return Token{}, refuse(TooLong, "the token is longer than 8 KiB")
	}
	header, signed, signature, err := open(token)
	if err != nil {
		return Token{}, err
	}
	if err := header.check(keys, signed, signature); err != nil {
		return Token{}, err
	}
	_, payload, _ := strings.Cut(signed, ".")
	data, err := base64url(payload)
	if err != nil {
		return Token{}, malformed()
	}
	return readClaims(data, now)
}

// header is what is read of a token's JOSE header (RFC 7515 §4.1). Its jku,
// jwk, x5u and x5c, by which a token would bring its own key, are not.
type header struct {
	alg Algorithm
	kid string
}

// open takes a token in compact form (RFC 7515 §7.1) apart.
func open(token string) (h header, signed string, signature []byte, err error) {
	first, rest, ok := strings.Cut(token, ".")
	second, last, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || first == "" || second == "" || last == "" || strings.Contains(last, ".") {
		return header{}, "", nil, malformed()
	}
	signature, err = base64url(last)
	if err != nil {
		return header{}, "", nil, malformed()
	}
	data, err := base64url(first)
	if err != nil {
		return header{}, "", nil, malformed()
	}
	fields, ok := members(data)
	if !ok {
		return header{}, "", nil, malformed()
	}
	// crit lists extensions that must be understood; none is (RFC 7515 §4.1.11).
	if _, critical := fields["crit"]; critical {
		return header{}, "", nil, refuse(Malformed, "the token's header has a crit member, which is not supported")
	}
	if !text(fields, "alg", (*string)(&h.alg)) || !text(fields, "kid", &h.kid) {
		return header{}, "", nil, malformed()
	}
	if !h.alg.Valid() {
		return header{}, "", nil, refuse(Malformed, "the token is not signed with one of the supported algorithms")
	}
	return h, token[:len(first)+1+len(second)], signature, nil
}

// check returns nil when one of keys made the signature. A key is asked only
// about tokens of its own algorithm and, if both have an id, of its own id.
func (h header) check(keys []Key, signed string, signature []byte) error {
	reason := NoKey
	for _, k := range keys {
		if k.verify == nil || k.alg != h.alg || (k.id != "" && h.kid != "" && k.id != h.kid) {
			continue
		}
		if k.verify(signed, signature) == nil {
			return nil
		}
		reason = BadSignature
	}
	return refuse(reason, "the token is not signed with a key of this application")
}

func malformed() error { return refuse(Malformed, "this is not a JSON Web Token") }
