package canary

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxLayers is how many are opened, one within the other.
	maxLayers = 4
	// maxOpened is how much is read of what is inside: a small file may be made
	// to become a very large one.
	maxOpened = 64 << 20
)

// layer is something that can be opened wherever it begins.
type layer struct {
	name   string
	begins string
	// open returns what is inside, as far as it goes.
	open func(b []byte) [][]byte
}

// opening is where a layer begins.
type opening struct {
	layer *layer
	at    int
}

var layers = []layer{
	{"gzip", "\x1f\x8b\x08", opened(func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })},
	{"zlib", "\x78\x01", opened(inflate)},
	{"zlib", "\x78\x5e", opened(inflate)},
	{"zlib", "\x78\x9c", opened(inflate)},
	{"zlib", "\x78\xda", opened(inflate)},
	{"zstd", "\x28\xb5\x2f\xfd", opened(func(r io.Reader) (io.Reader, error) {
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxOpened))
	})},
	{"snappy", "\xff\x06\x00\x00sNaPpY", opened(func(r io.Reader) (io.Reader, error) { return s2.NewReader(r), nil })},
	{"ZIP", "PK\x03\x04", unzip},
}

func inflate(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }

// opened returns what opens a stream.
func opened(open func(io.Reader) (io.Reader, error)) func([]byte) [][]byte {
	return func(b []byte) [][]byte {
		r, err := open(bytes.NewReader(b))
		if err != nil {
			return nil // it only looked like one
		}
		content, _ := io.ReadAll(io.LimitReader(r, maxOpened)) // what came before an error counts
		if z, ok := r.(*zstd.Decoder); ok {
			z.Close()
		}
		return [][]byte{content}
	}
}

// unzip opens one file of a ZIP, from its own header: what lists them all is at
// the end, which may be missing. Names stand in clear, and are found without.
func unzip(b []byte) [][]byte {
	const header, deflated = 30, 8
	if len(b) < header || binary.LittleEndian.Uint16(b[8:]) != deflated {
		return nil // what is not compressed is found without
	}
	begin := header + int(binary.LittleEndian.Uint16(b[26:])) + int(binary.LittleEndian.Uint16(b[28:]))
	if begin > len(b) {
		return nil
	}
	content, _ := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b[begin:])), maxOpened))
	return [][]byte{content}
}

// run is how long base64 has to be to be opened: a marker in base64 is found
// without that. It is for what is in something that is in base64.
const run = 64

var base64Byte = func() (is [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") {
		is[c] = true
	}
	return is
}()

// fromBase64 returns what is in b in base64, of either alphabet, and long
// enough.
func fromBase64(b []byte) (contents [][]byte) {
	for begin := 0; begin < len(b); {
		if !base64Byte[b[begin]] {
			begin++
			continue
		}
		end := begin
		for end < len(b) && base64Byte[b[end]] {
			end++
		}
		if end-begin >= run {
			if content := decoded(b[begin:end]); content != nil {
				contents = append(contents, content)
			}
		}
		begin = end
	}
	return contents
}

func decoded(text []byte) []byte {
	text = bytes.Clone(text[:len(text)/4*4])
	for i, c := range text {
		switch c {
		case '-':
			text[i] = '+'
		case '_':
			text[i] = '/'
		}
	}
	n, err := base64.StdEncoding.Decode(text, text)
	if err != nil {
		return nil
	}
	return text[:n]
}
