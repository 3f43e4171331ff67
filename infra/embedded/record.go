package embedded

import (
	"encoding/binary"
	"errors"
	"time"

	"tacet/core/directory"
)

// A record of a directory is kept as a byte for the format, the length of its
// version and the version, when it expires in seconds since 1970, as a varint,
// and its value.
const (
	recordStays   = 1 // has no expiry
	recordExpires = 2
)

var errRecord = errors.New("a record of the directory is damaged")

// encodeRecord returns all of a record but its key.
func encodeRecord(r directory.Record) []byte {
	data := make([]byte, 0, 2+len(r.Version)+binary.MaxVarintLen64+len(r.Value))
	if r.Expires.IsZero() {
		data = append(data, recordStays)
	} else {
		data = binary.AppendVarint(append(data, recordExpires), r.Expires.Unix())
	}
	data = append(append(data, byte(len(r.Version))), r.Version...)
	return append(data, r.Value...)
}

// decodeRecord returns the record that data is kept for k. It shares nothing
// with data.
func decodeRecord(k directory.Key, data []byte) (directory.Record, error) {
	r := directory.Record{Key: k}
	if len(data) == 0 {
		return r, errRecord
	}
	format, data := data[0], data[1:]
	switch format {
	case recordStays:
	case recordExpires:
		seconds, n := binary.Varint(data)
		if n <= 0 {
			return r, errRecord
		}
		r.Expires, data = time.Unix(seconds, 0).UTC(), data[n:]
	default:
		return r, errRecord
	}
	if len(data) == 0 || len(data) < 1+int(data[0]) {
		return r, errRecord
	}
	end := 1 + int(data[0])
	r.Version = directory.Version(data[1:end])
	r.Value = append([]byte{}, data[end:]...)
	return r, nil
}
