package grant

import (
	"encoding/json"
	"slices"
	"strings"
	"unique"

	"tacet/core/topic"
)

// Limits of a token's permissions. Presence frames carry the list, and a
// public client reads at most 6 KiB of one.
const (
	MaxPermissions     = 100  // entries
	MaxPermissionBytes = 4096 // of the list as JSON
)

// What an entry of a token's permissions looks like: one of these and a pattern,
// or an Action as it stands.
const (
	writePrefix = "realtime:publisher:write:topic:"
	readPrefix  = "realtime:subscriber:read:topic:"
)

// Action is what an admin token may be allowed besides publishing.
type Action string

// The actions, each as it stands in a token.
const (
	ManageConnections Action = "realtime:admin:manage:connections"
	ManageSubscribers Action = "realtime:admin:manage:subscribers"
	ManageApplication Action = "realtime:admin:manage:application"
)

// Write returns the permission to publish to topics that p matches.
func Write(p topic.Pattern) string { return writePrefix + string(p) }

// Read returns the permission to subscribe to secure topics that p matches.
func Read(p topic.Pattern) string { return readPrefix + string(p) }

// Grants is what a token allows. The zero value allows nothing. It is
// comparable, safe for concurrent use, and one word long: thousands of idle
// connections hold one each, and equal lists of permissions are kept once for
// all of them, as long as one of them lives.
type Grants struct {
	// list holds the entries as they were given, one in each line. Checks walk
	// it without allocating: tokens have a handful of entries.
	list unique.Handle[string]
}

// NewGrants returns what permissions allow. Entries that are not known, or
// whose pattern is no pattern, allow nothing and are kept. The error is a fault
// with reason TooManyPermissions, or BadClaims for an entry that is empty or
// holds a control character.
func NewGrants(permissions []string) (Grants, error) {
	if len(permissions) == 0 {
		return Grants{}, nil
	}
	// Two entries must not be smuggled in as one, nor one as none.
	for _, p := range permissions {
		if p == "" || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return Grants{}, refuse(BadClaims, "the token's permissions hold an entry that is empty or has a control character in it")
		}
	}
	if len(permissions) > MaxPermissions || sizeInJSON(permissions) > MaxPermissionBytes {
		return Grants{}, refuse(TooManyPermissions, "the token has more permissions than 100, or than fit 4096 bytes: use patterns with *")
	}
	return Grants{unique.Make(strings.Join(permissions, "\n"))}, nil
}

// sizeInJSON returns how long the array of texts is. Escapes are what makes a
// short entry long: where there are any, the encoder measures.
func sizeInJSON(texts []string) int {
	size := len("[]") + len(texts) - 1
	for _, text := range texts {
		if size += len(text) + len(`""`); !plain(text) {
			data, _ := json.Marshal(texts) // cannot fail for strings
			return len(data)
		}
	}
	return size
}

// Permissions returns the entries as they were given, also those that allow
// nothing; never nil, so that it is an array in JSON. The caller owns it.
func (g Grants) Permissions() []string {
	if g == (Grants{}) {
		return []string{}
	}
	return strings.Split(g.list.Value(), "\n")
}

// MayPublish reports whether g allows publishing to n.
func (g Grants) MayPublish(n topic.Name) bool { return g.matches(writePrefix, n) }

// MayRead reports whether g holds a grant to subscribe to n. Which topics need
// one (secure/…) and which nobody may have (another's priv/…) is pubsub's.
func (g Grants) MayRead(n topic.Name) bool { return g.matches(readPrefix, n) }

// May reports whether g allows a.
func (g Grants) May(a Action) bool {
	return a != "" && g != (Grants{}) && slices.Contains(strings.Split(g.list.Value(), "\n"), string(a))
}

func (g Grants) matches(prefix string, n topic.Name) bool {
	if g == (Grants{}) {
		return false
	}
	for entry := range strings.SplitSeq(g.list.Value(), "\n") {
		// What ParsePattern would refuse for a character or an empty segment
		// matches no name anyway, so only the length is asked about here.
		pattern, ok := strings.CutPrefix(entry, prefix)
		if ok && len(pattern) <= topic.MaxLength && topic.Pattern(pattern).Match(n) {
			return true
		}
	}
	return false
}
