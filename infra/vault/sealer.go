package vault

import (
	"encoding/binary"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/tink"

	"tacet/core/seal"
)

// Sealer implements seal.Sealer with a keyset: its primary key seals, all of
// them open. Safe for concurrent use.
type Sealer struct {
	owner   string
	primary uint32
	aead    func() tink.AEAD // in a closure, so that nothing prints its keys
}

func newSealer(owner string, o *opened) (*Sealer, error) {
	k, err := o.keyset()
	if err != nil {
		return nil, err
	}
	primary, err := k.handle.Primary()
	if err != nil {
		return nil, errKeyset
	}
	return &Sealer{owner, primary.KeyID(), func() tink.AEAD { return k.aead }}, nil
}

// Seal implements seal.Sealer.
func (s *Sealer) Seal(plain []byte, place string) ([]byte, error) {
	sealed, err := s.aead().Encrypt(plain, s.context(place))
	if err != nil {
		return nil, fmt.Errorf("the value cannot be sealed") // what tink says is about keys
	}
	return sealed, nil
}

// Open implements seal.Sealer.
func (s *Sealer) Open(sealed []byte, place string) ([]byte, error) {
	plain, err := s.aead().Decrypt(sealed, s.context(place))
	if err != nil {
		return nil, seal.ErrSealed
	}
	return plain, nil
}

// Reseal returns a value sealed with the key that seals now, and reports whether
// that is another one than it was sealed with, so that it must be written. If
// not, it returns the value as it is, without looking whether it opens.
func (s *Sealer) Reseal(sealed []byte, place string) ([]byte, bool, error) {
	if s.current(sealed) {
		return sealed, false, nil
	}
	plain, err := s.Open(sealed, place)
	if err != nil {
		return nil, false, err
	}
	sealed, err = s.Seal(plain, place)
	return sealed, err == nil, err
}

// current reports whether a value begins as one does that the primary key has
// sealed: tink writes a 1 and the number of the key in front.
func (s *Sealer) current(sealed []byte) bool {
	return len(sealed) >= 5 && sealed[0] == 1 && binary.BigEndian.Uint32(sealed[1:]) == s.primary
}

// context is what a value is bound to. No owner contains the zero byte.
func (s *Sealer) context(place string) []byte { return []byte(s.owner + "\x00" + place) }
