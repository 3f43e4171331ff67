package embedded

import (
	"encoding/binary"
	"errors"
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/telemetry"
)

// A block is many events of one application, one value in the store: a byte
// for the format, then for each event, as varints,
//
//	node, client's address, publisher's address, topic: number of a string
//	size, subscribers
//	country: number of a string
//	microseconds it took, code
//	time, in nanoseconds after that of the event before it
//	retention, in nanoseconds more than that of the event before it
//
// A string's number counts the different ones of the block; the first time it
// is followed by the string itself, its length in front. Blocks of the first
// format, which are still read, have no country, no time it took and no code.
const (
	firstBlockFormat = 1
	blockFormat      = 2
)

var errBlock = errors.New("a block of telemetry is damaged")

// blockWriter makes one block.
type blockWriter struct {
	data      []byte
	strings   map[string]uint64
	addresses map[privacy.Anonymised]uint64 // numbers of their texts
	at        int64
	retention int64
	expires   time.Time // the latest
}

func newBlockWriter() *blockWriter {
	return &blockWriter{data: []byte{blockFormat}, strings: map[string]uint64{}, addresses: map[privacy.Anonymised]uint64{}}
}

func (b *blockWriter) add(r telemetry.Record) {
	at := r.At.UnixNano()
	retention := r.Expires.UnixNano() - at
	b.string(string(r.Node))
	b.address(r.ClientIP)
	b.address(r.PublisherIP)
	b.string(string(r.Topic))
	b.data = binary.AppendVarint(b.data, int64(r.Size))
	b.data = binary.AppendVarint(b.data, int64(r.Subscribers))
	b.string(string(r.Country))
	b.data = binary.AppendVarint(b.data, r.TookMicros)
	b.data = binary.AppendVarint(b.data, int64(r.Code))
	b.data = binary.AppendVarint(b.data, at-b.at)
	b.data = binary.AppendVarint(b.data, retention-b.retention)
	b.at, b.retention = at, retention
	if r.Expires.After(b.expires) {
		b.expires = r.Expires
	}
}

func (b *blockWriter) string(s string) {
	n, ok := b.strings[s]
	if !ok {
		n = uint64(len(b.strings))
		b.strings[s] = n
	}
	b.data = binary.AppendUvarint(b.data, n)
	if !ok {
		b.data = binary.AppendUvarint(b.data, uint64(len(s)))
		b.data = append(b.data, s...)
	}
}

func (b *blockWriter) address(a privacy.Anonymised) {
	if n, ok := b.addresses[a]; ok {
		b.data = binary.AppendUvarint(b.data, n)
		return
	}
	text := "" // for the zero value, which is not quite the same as "none"
	if a != (privacy.Anonymised{}) {
		data, _ := a.MarshalText() // has no error
		text = string(data)
	}
	b.string(text)
	b.addresses[a] = b.strings[text]
}

// blockReader reads a block. Whatever the data, it ends, and takes no more
// memory than a small multiple of it.
type blockReader struct {
	data      []byte
	format    byte
	app       app.ID
	strings   []string
	addresses map[uint64]privacy.Anonymised
	at        int64
	retention int64
	bad       bool
}

// readBlock calls f for each record of an application's block. It returns
// errBlock, possibly after some records, or f's first error.
func readBlock(of app.ID, data []byte, f func(telemetry.Record) error) error {
	if len(data) == 0 || data[0] != blockFormat && data[0] != firstBlockFormat {
		return errBlock
	}
	b := &blockReader{data: data[1:], format: data[0], app: of, addresses: map[uint64]privacy.Anonymised{}}
	for len(b.data) > 0 {
		r := b.record()
		if b.bad {
			return errBlock
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (b *blockReader) record() telemetry.Record {
	r := telemetry.Record{Event: telemetry.Event{App: b.app}}
	r.Node = telemetry.NodeID(b.string())
	r.ClientIP = b.address()
	r.PublisherIP = b.address()
	r.Topic = privacy.RecordedTopic(b.string())
	r.Size = int(b.varint())
	r.Subscribers = int(b.varint())
	if b.format != firstBlockFormat {
		r.Country = privacy.Country(b.string())
		r.TookMicros = b.varint()
		r.Code = int(b.varint())
	}
	b.at += b.varint()
	b.retention += b.varint()
	r.At, r.Expires = time.Unix(0, b.at).UTC(), time.Unix(0, b.at+b.retention).UTC()
	return r
}

func (b *blockReader) varint() int64 {
	v, n := binary.Varint(b.data)
	return int64(b.took(uint64(v), n))
}

func (b *blockReader) uvarint() uint64 {
	v, n := binary.Uvarint(b.data)
	return b.took(v, n)
}

func (b *blockReader) took(v uint64, n int) uint64 {
	if n <= 0 {
		b.bad, b.data = true, nil
		return 0
	}
	b.data = b.data[n:]
	return v
}

func (b *blockReader) string() string {
	n := b.number()
	if b.bad {
		return ""
	}
	return b.strings[n]
}

// number returns the number of a string that is known from then on.
func (b *blockReader) number() uint64 {
	n := b.uvarint()
	switch {
	case n < uint64(len(b.strings)):
		return n
	case n > uint64(len(b.strings)):
		b.bad = true
		return 0
	}
	size := b.uvarint()
	if b.bad || size > uint64(len(b.data)) {
		b.bad = true
		return 0
	}
	b.strings = append(b.strings, string(b.data[:size]))
	b.data = b.data[size:]
	return n
}

func (b *blockReader) address() privacy.Anonymised {
	n := b.number()
	if b.bad {
		return privacy.Anonymised{}
	}
	a, ok := b.addresses[n]
	if !ok {
		if text := b.strings[n]; text != "" && a.UnmarshalText([]byte(text)) != nil {
			b.bad = true
		}
		b.addresses[n] = a
	}
	return a
}
