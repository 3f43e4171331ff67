package swarm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// message is a whole frame as frames found it.
type message struct {
	op      byte
	final   bool
	payload string
}

// readAll feeds b in pieces of a size, and returns the frames that were completed.
func readAll(b []byte, size int) (found []message, err error) {
	var f frames
	var payload []byte
	for len(b) > 0 {
		n := min(size, len(b))
		chunk := b[:n]
		b = b[n:]
		for {
			piece, rest, ok, err := f.next(chunk)
			if err != nil {
				return found, err
			}
			if !ok {
				break
			}
			chunk = rest
			payload = append(payload, piece...)
			if f.left == 0 {
				found = append(found, message{f.op, f.final, string(payload)})
				payload = nil
			}
		}
	}
	return found, nil
}

// serverFrame builds an unmasked frame.
func serverFrame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

func TestFramesAreFoundWhereverReadsCut(t *testing.T) {
	var wire []byte
	var want []message
	for _, size := range []int{0, 1, 125, 126, 127, 0, 65535, 65536, 3} {
		payload := string(bytes.Repeat([]byte{'p'}, size))
		wire = append(wire, serverFrame(0x81, payload)...)
		want = append(want, message{opText, true, payload})
	}
	wire = append(wire, serverFrame(0x01, "first ")...)
	wire = append(wire, serverFrame(0x80, "second")...)
	want = append(want, message{opText, false, "first "}, message{opContinuation, true, "second"})
	for _, size := range []int{1, 2, 3, 4, 5, 7, 64, 129, 4096, len(wire)} {
		found, err := readAll(wire, size)
		if err != nil {
			t.Fatalf("in pieces of %d: %v", size, err)
		}
		if len(found) != len(want) {
			t.Fatalf("in pieces of %d: %d frames, want %d", size, len(found), len(want))
		}
		for i := range want {
			if found[i] != want[i] {
				t.Errorf("in pieces of %d: frame %d differs", size, i)
			}
		}
	}
}

func TestFramesThatNoServerMaySendAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		wire []byte
		want error
	}{
		"masked":     {appendFrame(nil, opText, []byte("x")), errMasked},
		"compressed": {serverFrame(0xC1, "x"), errReserved},
		"endless":    {append([]byte{0x82, 127}, 0xFF, 0, 0, 0, 0, 0, 0, 0), errLength},
	} {
		if _, err := readAll(test.wire, 1); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFramesDoNotDependOnCuts(f *testing.F) {
	f.Add(serverFrame(0x81, "hello"), 1)
	f.Add(serverFrame(0x82, string(make([]byte, 300))), 3)
	f.Add([]byte{0x81, 127, 0, 0, 0, 0, 0, 0, 0, 1, 'x', 0x89, 0}, 2)
	f.Fuzz(func(t *testing.T, wire []byte, size int) {
		whole, wholeErr := readAll(wire, max(len(wire), 1))
		cut, cutErr := readAll(wire, min(max(size, 1), 1<<16))
		if !errors.Is(cutErr, wholeErr) || len(whole) != len(cut) {
			t.Fatalf("whole: %d frames, %v; cut: %d frames, %v", len(whole), wholeErr, len(cut), cutErr)
		}
		for i := range whole {
			if whole[i] != cut[i] {
				t.Fatalf("frame %d differs", i)
			}
		}
	})
}

func TestFramesOfOursAreMaskedWithZero(t *testing.T) {
	for _, size := range []int{0, 125, 126, 65535, 65536} {
		payload := bytes.Repeat([]byte{'p'}, size)
		wire := appendFrame(nil, opText, payload)
		if wire[0] != 0x81 || wire[1]&0x80 == 0 {
			t.Fatalf("%d bytes: header %x", size, wire[:2])
		}
		wire[1] &^= 0x80
		header := headerSize(wire[1])
		if key := wire[header : header+4]; !bytes.Equal(key, make([]byte, 4)) {
			t.Fatalf("%d bytes: key %x", size, key)
		}
		unmasked := append(wire[:header:header], wire[header+4:]...)
		found, err := readAll(unmasked, len(unmasked))
		if err != nil || len(found) != 1 || found[0].payload != string(payload) {
			t.Errorf("%d bytes: %d frames, %v", size, len(found), err)
		}
	}
}
