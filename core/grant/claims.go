package grant

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// maxSeconds is the last second of the year 9999. A later time is a mistake
// (milliseconds, most often), and would overflow somewhere further on.
const maxSeconds = 253402300799

// readClaims reads the claims of a token whose signature holds.
func readClaims(data []byte, now time.Time) (Token, error) {
	claims, ok := members(data)
	if !ok {
		return Token{}, refuse(BadClaims, "the token's claims are not a JSON object in which each name occurs once")
	}
	expires, err := readTimes(claims, now)
	if err != nil {
		return Token{}, err
	}
	var sub string
	if !text(claims, "sub", &sub) {
		return Token{}, refuse(BadClaims, "the token's sub must be a string")
	}
	subject, err := ParseSubject(sub)
	if err != nil {
		return Token{}, err
	}
	permissions, err := readPermissions(claims)
	if err != nil {
		return Token{}, err
	}
	grants, err := NewGrants(permissions)
	if err != nil {
		return Token{}, err
	}
	return Token{Subject: subject, Grants: grants, Expires: expires}, nil
}

// readTimes checks exp, nbf and iat (RFC 7519 §4.1.4–6) and returns exp.
func readTimes(claims map[string]string, now time.Time) (time.Time, error) {
	expires, ok, err := numericDate(claims, "exp")
	switch {
	case err != nil:
		return time.Time{}, err
	case !ok:
		return time.Time{}, refuse(BadClaims, "the token has no exp: each token must say when it expires")
	case !now.Before(expires):
		return time.Time{}, refuse(Expired, "the token has expired: connect with a fresh one")
	}
	for _, name := range []string{"nbf", "iat"} {
		start, ok, err := numericDate(claims, name)
		if err != nil {
			return time.Time{}, err
		}
		if ok && start.After(now.Add(Leeway)) {
			return time.Time{}, refuse(NotYetValid, "the token's "+name+" lies in the future: check the clock of the one who issues it")
		}
	}
	return expires, nil
}

// numericDate returns a claim that is a number of seconds since 1970, perhaps
// with a fraction (RFC 7519 §2), and reports whether it is there.
func numericDate(claims map[string]string, name string) (time.Time, bool, error) {
	raw, ok := claims[name]
	if !ok {
		return time.Time{}, false, nil
	}
	// ParseFloat alone would take "Inf" and hexadecimal; JSON has neither, and
	// raw is valid JSON, so what it takes here is a JSON number.
	seconds, err := strconv.ParseFloat(raw, 64)
	if err != nil || seconds < 0 || seconds > maxSeconds {
		return time.Time{}, false, refuse(BadClaims, "the token's "+name+" must be a number of seconds since 1970 (not milliseconds, not a string)")
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC(), true, nil
}

// readPermissions returns the entries of permissions (an array), or of scope
// (separated by spaces, RFC 8693 §4.2) where there are no permissions.
func readPermissions(claims map[string]string) ([]string, error) {
	if raw, ok := claims["permissions"]; ok {
		if raw[0] != '[' {
			return nil, notStrings()
		}
		entries := elements(raw)
		for i, entry := range entries {
			if entries[i], ok = decodeText(entry); !ok {
				return nil, notStrings()
			}
		}
		return entries, nil
	}
	var scope string
	if !text(claims, "scope", &scope) {
		return nil, refuse(BadClaims, "the token's scope must be a string of entries with spaces between them")
	}
	return strings.FieldsFunc(scope, func(r rune) bool { return r == ' ' }), nil
}

func notStrings() error {
	return refuse(BadClaims, "the token's permissions must be an array of strings")
}
