package embedded

import (
	"encoding/binary"
	"errors"
	"time"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// The key of a rollup is the prefix, the application's 16 bytes, a digit for the
// span, the hour and the minute in which it begins. So the minutes of an hour lie
// together, and can be dropped together. And minutes come before hours, and these
// before days: whoever stamps them anew in this order leaves none that was made
// meanwhile of something that he had not come to.
const (
	rollupSpanSize = 1 + 16 + 1
	rollupHourSize = rollupSpanSize + 4
	rollupKeySize  = rollupHourSize + 1
)

var spans = map[telemetry.Span]byte{telemetry.Minutely: '1', telemetry.Hourly: '2', telemetry.Daily: '3'}

// rollupsOf returns where an application's rollups of a span begin.
func rollupsOf(of app.ID, s telemetry.Span) ([]byte, error) {
	key, err := keyOf(rollupPrefix, of)
	return append(key, spans[s]), err
}

// rollupKey returns the key of the rollup that begins then.
func rollupKey(of app.ID, s telemetry.Span, start time.Time) ([]byte, error) {
	key, err := rollupsOf(of, s)
	second := secondOf(start)
	return append(binary.BigEndian.AppendUint32(key, uint32(second/perHour)), byte(second%perHour/60)), err
}

// rollupAt returns of what time a rollup is, false if the key is that of none.
func rollupAt(key []byte) (telemetry.Span, time.Time, bool) {
	if len(key) != rollupKeySize {
		return 0, time.Time{}, false
	}
	minutes := int64(binary.BigEndian.Uint32(key[rollupSpanSize:]))*60 + int64(key[rollupHourSize])
	for s, digit := range spans {
		if key[rollupSpanSize-1] == digit {
			return s, time.Unix(minutes*60, 0).UTC(), true
		}
	}
	return 0, time.Time{}, false
}

// The value of a rollup is a byte for the format, its sums and when it is not
// whole any more and ends, in nanoseconds since 1970, as varints, and then its
// digest.
const rollupFormat = 1

var errRollup = errors.New("a rollup of telemetry is damaged")

func figures(s *telemetry.Sums) [7]*int64 {
	return [...]*int64{&s.Messages, &s.Deliveries, &s.Bytes, &s.DeliveredBytes, &s.Connections, &s.Disconnections, &s.Errors}
}

// encodeRollup returns a rollup whose digest is that.
func encodeRollup(r *telemetry.Rollup, digest []byte) []byte {
	data := make([]byte, 0, 64+len(digest))
	data = append(data, rollupFormat)
	for _, n := range figures(&r.Sums) {
		data = binary.AppendVarint(data, *n)
	}
	data = binary.AppendVarint(data, r.Whole.UnixNano())
	data = binary.AppendVarint(data, r.Expires.UnixNano())
	return append(data, digest...)
}

// decodeRollup returns a rollup without its digest, and that. It shares nothing
// with data but the latter.
func decodeRollup(key, data []byte) (r telemetry.Rollup, digest []byte, err error) {
	ok := false
	if r.Span, r.Start, ok = rollupAt(key); !ok || len(data) == 0 || data[0] != rollupFormat {
		return r, nil, errRollup
	}
	var whole, expires int64
	data = data[1:]
	sums := figures(&r.Sums)
	for _, n := range append(sums[:], &whole, &expires) {
		v, size := binary.Varint(data)
		if size <= 0 {
			return r, nil, errRollup
		}
		*n, data = v, data[size:]
	}
	r.Whole, r.Expires = time.Unix(0, whole).UTC(), time.Unix(0, expires).UTC()
	return r, data, nil
}
