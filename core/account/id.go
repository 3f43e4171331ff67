package account

import (
	"context"
	"encoding/hex"
)

// newID returns an id of 32 hex digits.
func (s *Service) newID() string { return hex.EncodeToString(s.random(16)) }

func (s *Service) random(n int) []byte {
	b := make([]byte, n)
	s.Random(b)
	return b
}

// isID reports whether text is an id, so that it can become part of a key.
func isID(text string) bool {
	if len(text) != 32 {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// hash returns a keyed hash in hex.
func (s *Service) hash(ctx context.Context, purpose, value string) (string, error) {
	h, err := s.Deployment.Hash(ctx, purpose, []byte(value))
	return hex.EncodeToString(h), unavailable(err)
}
