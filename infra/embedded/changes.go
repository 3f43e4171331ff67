package embedded

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"tacet/core/directory"
)

// checkChanges returns an error that says what in an Apply is none that a
// directory takes: a mistake of the caller.
func checkChanges(changes []directory.Change) error {
	if len(changes) > directory.MaxChanges {
		return fmt.Errorf("directory: %d changes at once, %d is the limit", len(changes), directory.MaxChanges)
	}
	seen, bytes := make(map[directory.Key]bool, len(changes)), 0
	for _, c := range changes {
		switch bytes += len(c.Value); {
		case !valid(c.Key):
			return fmt.Errorf("directory: %q is no key", c.Key)
		case seen[c.Key]:
			return fmt.Errorf("directory: two changes are about %s", c.Key)
		case len(c.Value) > directory.MaxValue:
			return fmt.Errorf("directory: the value for %s has %d bytes, %d is the limit", c.Key, len(c.Value), directory.MaxValue)
		case bytes > directory.MaxBytes:
			return fmt.Errorf("directory: the values of an Apply have %d bytes, %d is the limit", bytes, directory.MaxBytes)
		case c.Does > directory.Checks || c.If > directory.IfVersion:
			return fmt.Errorf("directory: there is no change %d, or no condition %d", c.Does, c.If)
		}
		seen[c.Key] = true
	}
	return nil
}

// valid reports whether there can be a record with this key. It also keeps
// parts apart in a store, where "#" ends what a part begins with.
func valid(k directory.Key) bool {
	return validPart(k.Part) && made(k.Name, 256, "-._:/")
}

func validPart(p directory.Part) bool {
	return 'a' <= p.Kind && p.Kind <= 'z' && made(p.ID, 128, "-_")
}

// made reports whether s has 1 to most letters, digits and marks.
func made(s string, most int, marks string) bool {
	return 1 <= len(s) && len(s) <= most && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || 'z' < c) && (c < 'A' || 'Z' < c) && (c < '0' || '9' < c) && !strings.ContainsRune(marks, c)
	}) < 0
}

// holds reports whether the condition of a change holds for the version that
// its record has, "" if there is none.
func holds(c directory.Change, has directory.Version) bool {
	switch c.If {
	case directory.IfAbsent:
		return has == ""
	case directory.IfPresent:
		return has != ""
	case directory.IfVersion:
		return has == c.Version
	default:
		return true
	}
}

var versions = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newVersion returns a version that never comes again.
func newVersion() (directory.Version, error) {
	var random [15]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("make a version: %w", err)
	}
	return directory.Version(versions.EncodeToString(random[:])), nil
}

// toTheSecond returns an expiry as records have it.
func toTheSecond(expires time.Time) time.Time {
	if expires.IsZero() {
		return time.Time{}
	}
	return time.Unix(expires.Unix(), 0).UTC()
}

// readable reports whether what expires then can be read now.
func readable(expires, now time.Time) bool { return expires.IsZero() || now.Before(expires) }
