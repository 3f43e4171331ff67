package socket

import (
	"encoding/binary"
	"unicode/utf8"
)

// inbound is one frame from a client, its payload unmasked in place.
type inbound struct {
	op      byte
	fin     bool
	payload []byte
}

// control reports whether the frame is a close, a ping or a pong.
func (f inbound) control() bool { return f.op >= opClose }

// maxHeader is the size of the largest header: two bytes, a 64-bit length, the mask.
const maxHeader = 2 + 8 + 4

// decode takes the first frame off b. It returns how many bytes that was; 0 when the
// frame isn't complete yet, and then b is unchanged. A payload that cannot
// be accepted is refused at its header, before it has been sent: room is
// what a data frame may carry.
func decode(b []byte, room int) (f inbound, n int, bad *violation) {
	if len(b) < 2 {
		return f, 0, nil
	}
	f.op, f.fin = b[0]&0x0f, b[0]&finBit != 0
	switch {
	case b[0]&0x70 != 0, f.op > opBinary && f.op < opClose, f.op > opPong:
		return f, 0, errReserved
	case b[1]&maskBit == 0:
		return f, 0, errUnmasked
	case f.op == opBinary:
		return f, 0, errBinary
	}
	size, head := uint64(b[1]&^maskBit), 2
	switch {
	case f.control() && (size > 125 || !f.fin):
		return f, 0, errControl
	case size == 126:
		if head = 4; len(b) < head {
			return f, 0, nil
		}
		if size = uint64(binary.BigEndian.Uint16(b[2:])); size < 126 {
			return f, 0, errLength
		}
	case size == 127:
		if head = 10; len(b) < head {
			return f, 0, nil
		}
		if size = binary.BigEndian.Uint64(b[2:]); size <= 0xffff || size>>63 != 0 {
			return f, 0, errLength
		}
	}
	if !f.control() && size > uint64(room) {
		return f, 0, errTooBig
	}
	n = head + 4 + int(size)
	if len(b) < n {
		return f, 0, nil
	}
	f.payload = b[head+4 : n : n]
	unmask(f.payload, [4]byte(b[head:head+4]))
	return f, n, nil
}

// unmask applies the masking key of RFC 6455 §5.3, eight bytes at a time.
func unmask(p []byte, key [4]byte) {
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^k)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= key[i&3]
	}
}

// inbox is what a connection keeps between two reads: nothing, most of the time.
type inbox struct {
	rest     []byte // bytes not decoded: an incomplete frame, or more while not reading
	message  []byte // the fragments so far
	fragment bool   // whether a fragmented message is under way
}

// join adds a data frame. It returns the message when that completes one. A nil
// inbox takes whole messages only.
func (in *inbox) join(f inbound) (message []byte, whole bool, bad *violation) {
	fragment := in != nil && in.fragment
	if (f.op == opContinuation) != fragment {
		return nil, false, errContinuation
	}
	message = f.payload
	if fragment || !f.fin {
		in.message = append(in.message, f.payload...)
		in.fragment = !f.fin
		message = in.message
	}
	if !f.fin {
		return nil, false, nil
	}
	if fragment {
		in.message = nil
	}
	if !utf8.Valid(message) {
		return nil, false, errUTF8
	}
	return message, true, nil
}

// parseClose reads a client's close payload (RFC 6455 §5.5.1).
func parseClose(p []byte) (code int, reason string, bad *violation) {
	switch {
	case len(p) == 0:
		return StatusNone, "", nil
	case len(p) == 1:
		return 0, "", errControl
	}
	code = int(binary.BigEndian.Uint16(p))
	if !sendable(code) {
		return 0, "", errCloseCode
	}
	if !utf8.Valid(p[2:]) {
		return 0, "", errUTF8
	}
	return code, string(p[2:]), nil
}
