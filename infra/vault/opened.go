package vault

import "sync"

// opened is a key that was unwrapped. It is in closures, so that nothing prints
// it; see ring.
type opened struct {
	reveal func() []byte
	keyset func() (keyset, error) // of one that is a keyset
}

func open(key []byte) *opened {
	return &opened{
		reveal: func() []byte { return key },
		keyset: sync.OnceValues(func() (keyset, error) { return readKeyset(key) }),
	}
}
