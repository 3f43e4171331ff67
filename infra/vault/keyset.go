package vault

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
)

// keyset is data keys of AES-256, the newest first: that one seals, all open. At
// rest it is one entry after the other, each a number of four bytes and the key.
//
// A library's keysets (tink's) would add 1.7 MB to each function that opens
// anything, a third of what it may have, for their encoding as protocol buffers;
// what is left of them is this and the standard library's AES-GCM.
type keyset []dataKey

// dataKey is a key with the number by which what it has sealed names it. The key
// is in a closure, so that nothing prints it; see ring.
type dataKey struct {
	number uint32
	aead   func() cipher.AEAD
	reveal func() []byte
}

const (
	numberSize = 4
	entrySize  = numberSize + masterKeySize
	// sealedBy begins what was sealed: with the number of a key behind it.
	sealedBy = 1
)

var errKeyset = errors.New("the key is no keyset, or a damaged one")

// newKeyset returns a keyset of one key, as it rests.
func newKeyset() ([]byte, error) { return addKey(nil) }

// addKey returns a keyset with one more key, which seals from then on.
func addKey(to keyset) ([]byte, error) {
	entry := make([]byte, entrySize)
	for {
		if _, err := rand.Read(entry); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(to, func(k dataKey) bool { return k.number == binary.BigEndian.Uint32(entry) }) {
			return append(entry, to.bytes()...), nil
		}
	}
}

func readKeyset(text []byte) (keyset, error) {
	if len(text) == 0 || len(text)%entrySize != 0 {
		return nil, errKeyset
	}
	var keys keyset
	for entry := range slices.Chunk(text, entrySize) {
		aead, key := wrapper(entry[numberSize:]), slices.Clone(entry[numberSize:])
		keys = append(keys, dataKey{
			number: binary.BigEndian.Uint32(entry),
			aead:   func() cipher.AEAD { return aead },
			reveal: func() []byte { return key },
		})
	}
	return keys, nil
}

// bytes returns the keyset as it rests.
func (k keyset) bytes() (text []byte) {
	for _, one := range k {
		text = append(binary.BigEndian.AppendUint32(text, one.number), one.reveal()...)
	}
	return text
}

// seal seals with the newest key: a 1, the number of the key, a random nonce, and
// what AES-GCM makes of it.
func (k keyset) seal(plain, context []byte) []byte {
	prefix := binary.BigEndian.AppendUint32([]byte{sealedBy}, k[0].number)
	return k[0].aead().Seal(prefix, nil, plain, context)
}

// open reports whether what was sealed opens with the key that it names.
func (k keyset) open(sealed, context []byte) ([]byte, bool) {
	number, ok := sealer(sealed)
	i := slices.IndexFunc(k, func(one dataKey) bool { return one.number == number })
	if !ok || i < 0 {
		return nil, false
	}
	plain, err := k[i].aead().Open(nil, nil, sealed[1+numberSize:], context)
	return plain, err == nil
}

// sealer returns the number of the key that has sealed a value.
func sealer(sealed []byte) (number uint32, ok bool) {
	if len(sealed) <= numberSize || sealed[0] != sealedBy {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:]), true
}
