package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	mathrand "math/rand/v2"
)

// An id is 11 bytes in URL-safe base64 with padding: 16 characters. On API
// Gateway the ninth byte of a connection's id is mostly 2 and of a request's
// 5, the two lowest bits of the last byte are 0, and a message's id ends in
// the last three bytes of its connection's. Clients must not rely on any of
// that; it is copied so that the '=', '-' and '_' in ids are met here first.
const (
	idBytes    = 11
	idLength   = 16
	markAt     = 8
	markConn   = 2
	markOther  = 5
	lastByteOf = 0xFC
)

// connKey is a connection's id as the key of a map: comparing it follows no
// pointer.
type connKey [idLength]byte

// newConnKey returns the id of a new connection. It comes from the system's
// source of randomness, so that nobody can guess another's.
func newConnKey() (key connKey) {
	var raw [idBytes]byte
	rand.Read(raw[:])
	raw[markAt] = markConn
	raw[idBytes-1] &= lastByteOf
	base64.URLEncoding.Encode(key[:], raw[:])
	return key
}

// toConnKey turns an id into a key. It is not ok if the id cannot be that of a
// connection by its length; whether it is well formed is for those to ask who
// want to say so.
func toConnKey[ID ~string](id ID) (key connKey, ok bool) {
	copy(key[:], id)
	return key, len(id) == idLength
}

// wellFormed reports whether an id is one that decodes to 11 bytes.
func (k connKey) wellFormed() bool {
	var raw [idLength]byte
	n, err := base64.URLEncoding.Decode(raw[:], k[:])
	return err == nil && n == idBytes
}

// requestIDs returns the ids of one invocation: of its request, and of the
// message in it. They need to be unique but not secret, and share one
// allocation.
func requestIDs(of connKey) (request, message string) {
	var both [2 * idLength]byte
	var raw [idBytes]byte
	binary.LittleEndian.PutUint64(raw[:], mathrand.Uint64())
	raw[markAt] = markOther
	binary.LittleEndian.PutUint16(raw[markAt+1:], uint16(mathrand.Uint32()))
	raw[idBytes-1] &= lastByteOf
	base64.URLEncoding.Encode(both[:idLength], raw[:])

	var conn [idLength]byte
	_, _ = base64.URLEncoding.Decode(conn[:], of[:]) // it is one of ours
	copy(raw[markAt:], conn[markAt:idBytes])
	binary.LittleEndian.PutUint64(raw[:], mathrand.Uint64())
	base64.URLEncoding.Encode(both[idLength:], raw[:])
	s := string(both[:])
	return s[:idLength], s[idLength:]
}
