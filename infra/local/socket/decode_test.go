package socket

import (
	"bytes"
	"io"
	"testing"

	"github.com/gobwas/ws"
)

// FuzzDecode feeds whatever is cut wherever: the pieces must give what the whole gives, and
// an accepted frame must be what a decoder that is not ours sees.
func FuzzDecode(f *testing.F) {
	for _, seed := range [][]byte{
		{0x81, 0x80, 1, 2, 3, 4},
		{0x81, 0x85, 1, 2, 3, 4, 'h' ^ 1, 'e' ^ 2, 'l' ^ 3, 'l' ^ 4, 'o' ^ 1},
		{0x01, 0x81, 0, 0, 0, 0, 'a', 0x89, 0x80, 0, 0, 0, 0, 0x80, 0x81, 0, 0, 0, 0, 'b'},
		{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8},
		append([]byte{0x81, 0xfe, 0, 126, 0, 0, 0, 0}, make([]byte, 126)...),
		{0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0},
		{0xf1, 0x80},
		{0x82, 0x80},
		{0x81, 0x00},
	} {
		f.Add(seed, uint16(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		whole := transcript(bytes.Clone(b), nil)
		at := int(cut) % (len(b) + 1)
		if cut := transcript(bytes.Clone(b[:at]), bytes.Clone(b[at:])); cut != whole {
			t.Fatalf("cut at %d:\n%s\nwhole:\n%s", at, cut, whole)
		}
		const room = 1000
		got, n, bad := decode(bytes.Clone(b), room)
		if bad != nil || n == 0 {
			return
		}
		r := bytes.NewReader(b)
		h, err := ws.ReadHeader(r)
		if err != nil {
			t.Fatal("accepted what is not a frame: ", err)
		}
		want := make([]byte, h.Length)
		if _, err := io.ReadFull(r, want); err != nil {
			t.Fatal("accepted what is not a frame: ", err)
		}
		ws.Cipher(want, h.Mask, 0)
		if byte(h.OpCode) != got.op || h.Fin != got.fin || !bytes.Equal(want, got.payload) {
			t.Fatalf("got %+v, want %+v", got, h)
		}
	})
}

// transcript decodes pieces as a reader does, and says what came of it.
func transcript(pieces ...[]byte) string {
	var log bytes.Buffer
	var in inbox
	var buf []byte
	for _, p := range pieces {
		buf = append(buf, p...)
		for {
			f, n, bad := decode(buf, 1000-len(in.message))
			if bad == nil && n == 0 {
				break
			}
			if bad == nil && !f.control() {
				var m []byte
				var whole bool
				if m, whole, bad = in.join(f); whole {
					log.WriteString("message " + string(m) + "\n")
				}
			} else if bad == nil {
				log.WriteString("control " + string(f.payload) + "\n")
			}
			if bad != nil {
				log.WriteString(bad.reason)
				return log.String()
			}
			buf = buf[n:]
		}
	}
	return log.String()
}

func TestUnmaskWorksAtEveryLength(t *testing.T) {
	key := [4]byte{1, 2, 3, 4}
	for n := range 40 {
		p, want := make([]byte, n), make([]byte, n)
		for i := range want {
			p[i] = byte(i)
			want[i] = byte(i) ^ key[i%4]
		}
		if unmask(p, key); !bytes.Equal(p, want) {
			t.Fatal(n, p, want)
		}
	}
}
