package embedded

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"time"

	"tacet/core/directory"
)

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
