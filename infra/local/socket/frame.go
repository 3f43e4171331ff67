package socket

import (
	"encoding/binary"
	"sync"
)

// Opcodes of RFC 6455 §5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	finBit  = 0x80
	maskBit = 0x80
)

// Frame is one encoded message, ready for any number of receivers on any number of
// goroutines: it is never written to again. The zero Frame is no message; where one
// is optional it stands for none.
type Frame struct {
	// bytes has the capacity of the rest of its chunk: that is how a queue sees
	// that the next frame lies directly behind.
	bytes []byte
}

// NewFrame encodes payload for many receivers. The payload is copied. Frames made
// one after the other mostly lie next to each other in memory, so that
// hundreds of them wait and leave as one piece.
func NewFrame(payload []byte, binary bool) Frame { return carve(&shared, payload, binary) }

// NewReply encodes payload for a single receiver. It differs from NewFrame only in
// where the bytes lie: replies made between two frames for many would part them.
func NewReply(payload []byte, binary bool) Frame { return carve(&single, payload, binary) }

// Len returns the size on the wire in bytes, header included; 0 for the zero Frame.
func (f Frame) Len() int { return len(f.bytes) }

// chunkSize is how many bytes of frames share one allocation. A larger chunk makes
// fewer, longer pieces to write; a queued frame keeps its whole chunk alive, so
// one that is larger than alone has memory of its own.
const (
	chunkSize = 128 << 10
	alone     = 4 << 10
)

// chunk is append-only memory that frames are carved from; the collector frees it
// when the last queue has let go.
type chunk struct{ free []byte }

// One pool per processor costs no lock, and keeps what one publisher sends together.
var shared, single sync.Pool

func carve(pool *sync.Pool, payload []byte, binary bool) Frame {
	op := byte(opText)
	if binary {
		op = opBinary
	}
	n := headerLen(len(payload)) + len(payload)
	if n > alone {
		return Frame{appendFrame(make([]byte, 0, n), op, payload)}
	}
	k, _ := pool.Get().(*chunk)
	if k == nil {
		k = new(chunk)
	}
	if cap(k.free) <= n { // capacity left over tells shared memory from a frame's own
		k.free = make([]byte, 0, chunkSize)
	}
	whole := appendFrame(k.free, op, payload)
	k.free = whole[n:n]
	pool.Put(k)
	return Frame{whole}
}

func headerLen(payload int) int {
	switch {
	case payload <= 125:
		return 2
	case payload <= 0xffff:
		return 4
	}
	return 10
}

// appendFrame appends an unmasked, final frame.
func appendFrame(b []byte, op byte, payload []byte) []byte {
	b = append(b, finBit|op)
	switch n := len(payload); headerLen(n) {
	case 2:
		b = append(b, byte(n))
	case 4:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

// appendClose appends a close frame; StatusNone makes an empty one. A reason that
// would not fit is cut at a character.
func appendClose(b []byte, code int, reason string) []byte {
	if code == StatusNone {
		return appendFrame(b, opClose, nil)
	}
	payload := binary.BigEndian.AppendUint16(make([]byte, 0, 125), uint16(code))
	for _, r := range reason {
		if len(payload)+len(string(r)) > 125 {
			break
		}
		payload = append(payload, string(r)...)
	}
	return appendFrame(b, opClose, payload)
}

// ownLen returns the length of the frame that b begins with; b holds frames made
// by appendFrame only.
func ownLen(b []byte) int {
	switch n := int(b[1]); n {
	case 126:
		return 4 + int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		return 10 + int(binary.BigEndian.Uint64(b[2:]))
	default:
		return 2 + n
	}
}
