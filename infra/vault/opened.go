package vault

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// opened is a key that was unwrapped. It is in closures, so that nothing prints
// it; see ring.
type opened struct {
	reveal func() []byte
	keyset func() (*openKeyset, error) // of one that is a keyset
}

type openKeyset struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

func open(key []byte) *opened {
	return &opened{
		reveal: func() []byte { return key },
		keyset: sync.OnceValues(func() (*openKeyset, error) {
			handle, err := readKeyset(key)
			if err != nil {
				return nil, err
			}
			a, err := aead.New(handle)
			if err != nil {
				return nil, errKeyset
			}
			return &openKeyset{handle, a}, nil
		}),
	}
}

// errKeyset is told instead of what tink says, which may quote what it read.
var errKeyset = fmt.Errorf("the key is no keyset, or a damaged one")

// newKeyset returns a keyset of one key.
func newKeyset() ([]byte, error) { return addKey(keyset.NewManager()) }

// addKey adds a key to a keyset, which seals from then on.
func addKey(m *keyset.Manager) ([]byte, error) {
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, errKeyset
	}
	return writeKeyset(m)
}

// dropKeys leaves of a keyset the key that seals.
func dropKeys(handle *keyset.Handle) ([]byte, error) {
	m := keyset.NewManagerFromHandle(handle)
	for i := range handle.Len() {
		e, err := handle.Entry(i)
		if err == nil && !e.IsPrimary() {
			err = m.Delete(e.KeyID())
		}
		if err != nil {
			return nil, errKeyset
		}
	}
	return writeKeyset(m)
}

func readKeyset(key []byte) (*keyset.Handle, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(key)))
	if err != nil {
		return nil, errKeyset
	}
	return handle, nil
}

func writeKeyset(m *keyset.Manager) ([]byte, error) {
	var buffer bytes.Buffer
	handle, err := m.Handle()
	if err == nil {
		err = insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&buffer))
	}
	if err != nil {
		return nil, errKeyset
	}
	return buffer.Bytes(), nil
}
