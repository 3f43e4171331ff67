package site

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// LinkLife is how long a one-time link is good.
const LinkLife = 15 * time.Minute

// maxLinks is how many may be unused at a time: a further one takes the place
// of the oldest.
const maxLinks = 16

// SignInFragment is what a one-time link has behind its #, before its secret.
// No browser sends it.
const SignInFragment = "sign-in="

// Links are one-time links, by which whoever runs the platform signs in. They
// are kept in memory, as hashes, and are gone with the process. Safe for
// concurrent use; the zero value has none.
type Links struct {
	mu   sync.Mutex
	open []openLink // the oldest first
}

type openLink struct {
	hash    [sha256.Size]byte
	expires time.Time
}

// Make returns the secret of a new link, and until when it is good.
func (l *Links) Make(now time.Time) (secret string, expires time.Time) {
	secret, expires = rand.Text(), now.Add(LinkLife)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	if len(l.open) >= maxLinks {
		l.open = l.open[1:]
	}
	l.open = append(l.open, openLink{sha256.Sum256([]byte(secret)), expires})
	return secret, expires
}

// Use reports whether there is a link with this secret, and uses it up. How
// long it takes tells nothing about secrets: they are compared by their hashes.
func (l *Links) Use(secret string, now time.Time) bool {
	hash := sha256.Sum256([]byte(secret))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	for i, one := range l.open {
		if one.hash == hash {
			l.open = append(l.open[:i], l.open[i+1:]...)
			return true
		}
	}
	return false
}

// forget drops those that have ended.
func (l *Links) forget(now time.Time) {
	for len(l.open) > 0 && !l.open[0].expires.After(now) {
		l.open = l.open[1:]
	}
}
