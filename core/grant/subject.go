package grant

import (
	"strings"

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
// A subject is an address: priv/<subject> is its topic. So it is one segment
// of a topic, without a slash, lest the topic of "a/b" lie below that of "a".
// A star is no legal character, so no subject is a pattern. "acks", "errors"
// and "session" are refused, because what is published to such a subject
// would look like the server's own frames. Colons, dots and commas are fine.
func ParseSubject(s string) (Subject, error) {
	name, err := topic.Parse("priv/" + s)
	switch {
	case s == "":
		return "", refuse(BadClaims, "the token has no sub: each token must say whose it is")
	case len(s) > MaxSubjectLength:
		return "", refuse(BadClaims, "the token's sub is longer than 128 characters")
	case err != nil || strings.Contains(s, "/"):
		return "", refuse(BadClaims, "the token's sub must be made of the characters A-Z a-z 0-9 _ - = @ , . ; : because it is part of a topic")
	case name.ServerOnly():
		return "", refuse(BadClaims, "the token's sub must not be acks, errors or session: the server speaks on these topics")
	}
	return Subject(s), nil
}
