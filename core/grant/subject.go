package grant

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tacet/core/topic"
)

// MaxSubjectLength is how long a subject may be, in bytes.
const MaxSubjectLength = 128

// Subject is the sub of a token: the user or device, in the application's own
// words. It is somebody's data: keep it out of logs. The zero value is nobody.
type Subject string

// ParseSubject returns s as a subject, or a fault that says what is wrong and
// does not repeat s.
//
// Issuers write what they like ("auth0|1234", "spiffe://…"), so anything
// printable is a subject. It has an address, priv/<subject>, as far as it is a
// segment of a topic (topic.Name.Address); otherwise it is reached by its
// connections. "acks", "errors" and "session" are refused, because what is
// published to such a subject would look like the server's own frames.
func ParseSubject(s string) (Subject, error) {
	switch {
	case s == "":
		return "", refuse(BadClaims, "the token has no sub: each token must say whose it is")
	case len(s) > MaxSubjectLength:
		return "", refuse(BadClaims, "the token's sub is longer than 128 bytes")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", refuse(BadClaims, "the token's sub must be made of printable characters")
	case topic.PrivOf(s).ServerOnly():
		return "", refuse(BadClaims, "the token's sub must not be acks, errors or session: the server speaks on these topics")
	}
	return Subject(strings.Clone(s)), nil // s may be a part of something large
}
