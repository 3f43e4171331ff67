package swarm

import (
	"encoding/binary"
	"errors"
	"math"
)

// Opcodes of RFC 6455 §5.2, as far as they matter here.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

var (
	errMasked   = errors.New("the server masks its frames, which RFC 6455 §5.1 forbids")
	errReserved = errors.New("the server sets reserved bits, although no extension was agreed")
	errLength   = errors.New("the server sent a frame of an impossible length")
)

// frames finds a server's frames in its bytes, wherever reads cut them. The zero value stands before a first frame.
type frames struct {
	header [10]byte
	have   int // bytes of header that came so far, while a header is incomplete
	final  bool
	op     byte
	length int // of the payload of the present frame, in bytes
	left   int // bytes of that payload still to come
}

// next takes the next piece of a payload off b. It reports false when b ends before a piece begins; what there was of a
// header is kept. A piece may be empty. f.left == 0 says that the piece ends its frame.
func (f *frames) next(b []byte) (piece, rest []byte, ok bool, err error) {
	if f.left == 0 {
		b, ok, err = f.begin(b)
		if !ok || err != nil {
			return nil, nil, false, err
		}
	} else if len(b) == 0 {
		return nil, nil, false, nil
	}
	n := min(len(b), f.left)
	f.left -= n
	return b[:n], b[n:], true, nil
}

// begin reads a header off b and reports whether it is complete.
func (f *frames) begin(b []byte) (rest []byte, ok bool, err error) {
	for {
		size := 2
		if f.have >= 2 {
			size = headerSize(f.header[1])
		}
		n := copy(f.header[f.have:size], b)
		f.have, b = f.have+n, b[n:]
		if f.have < size {
			return nil, false, nil
		}
		if size == headerSize(f.header[1]) {
			break
		}
	}
	f.have = 0
	if f.header[1]&0x80 != 0 {
		return nil, false, errMasked
	}
	if f.header[0]&0x70 != 0 {
		return nil, false, errReserved
	}
	f.final, f.op = f.header[0]&0x80 != 0, f.header[0]&0x0F
	switch n := f.header[1]; n {
	case 126:
		f.length = int(binary.BigEndian.Uint16(f.header[2:]))
	case 127:
		long := binary.BigEndian.Uint64(f.header[2:])
		if long > math.MaxInt32 {
			return nil, false, errLength
		}
		f.length = int(long)
	default:
		f.length = int(n)
	}
	f.left = f.length
	return b, true, nil
}

func headerSize(second byte) int {
	switch second & 0x7F {
	case 126:
		return 4
	case 127:
		return 10
	}
	return 2
}

// appendFrame appends a whole client frame to b. The masking key is zero, so that the payload stands as it is.
func appendFrame(b []byte, op byte, payload []byte) []byte {
	const masked = 0x80
	b = append(b, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		b = append(b, masked|byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
	b = append(b, 0, 0, 0, 0)
	return append(b, payload...)
}
