package vault

import "tacet/core/seal"

// Sealer implements seal.Sealer with a keyset: its newest key seals, all of them
// open. Safe for concurrent use.
type Sealer struct {
	owner string
	keys  keyset
}

func newSealer(owner string, o *opened) (*Sealer, error) {
	keys, err := o.keyset()
	if err != nil {
		return nil, err
	}
	return &Sealer{owner, keys}, nil
}

// Seal implements seal.Sealer.
func (s *Sealer) Seal(plain []byte, place string) ([]byte, error) {
	return s.keys.seal(plain, s.context(place)), nil
}

// Open implements seal.Sealer.
func (s *Sealer) Open(sealed []byte, place string) ([]byte, error) {
	plain, ok := s.keys.open(sealed, s.context(place))
	if !ok {
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

// current reports whether a value says that the newest key has sealed it.
func (s *Sealer) current(sealed []byte) bool {
	number, ok := sealer(sealed)
	return ok && number == s.keys[0].number
}

// context is what a value is bound to. No owner contains the zero byte.
func (s *Sealer) context(place string) []byte { return []byte(s.owner + "\x00" + place) }
