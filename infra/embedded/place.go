package embedded

import (
	"encoding/binary"
	"math"
	"time"

	"tacet/core/app"
)

// bucket is where events lie together: one application's of one second. What
// is recorded in the same moment has happened in the same second, as a rule; so
// there are hardly more blocks than commits, and whoever looks for a time finds
// it by seeking.
type bucket struct {
	app    app.ID
	second int64
}

// A key is the prefix, the application's 16 bytes, the hour, the second, and
// then a number that makes it unique. Numbers count on, because Badger takes
// what is behind all else with less effort. In keys of former versions there is the time of
// writing, in nanoseconds, where the second is: a bit tells which. These come
// first in their hour, in which they may have happened at any time.
const (
	bucketKeySize = 1 + 16 + 4
	blockKeySize  = bucketKeySize + 8 + 8
	bySecond      = 1 << 63
	perHour       = 3600
	maxSecond     = math.MaxUint32*perHour + perHour - 1
)

// secondOf returns the second since 1970 in which t lies. What lies outside its
// range is counted to its ends, when written and when asked for.
func secondOf(t time.Time) int64 { return min(max(t.Unix(), 0), maxSecond) }

// hourKey returns where the blocks of an hour begin. The id has been checked.
func hourKey(of app.ID, hour uint32) []byte {
	key, _ := keyOf(telemetryPrefix, of)
	return binary.BigEndian.AppendUint32(key, hour)
}

// key returns where the blocks of a bucket begin.
func (b bucket) key() []byte {
	return binary.BigEndian.AppendUint64(hourKey(b.app, uint32(b.second/perHour)), bySecond|uint64(b.second))
}

// place is what the key of a block tells.
type place struct {
	hour   uint32
	second int64 // noSecond in keys of former versions
}

const noSecond = -1

// placeOf returns the place of a block, false if the key is that of none: the
// mark of a drop that was interrupted.
func placeOf(key []byte) (place, bool) {
	if len(key) != blockKeySize {
		return place{}, false
	}
	p := place{binary.BigEndian.Uint32(key[bucketKeySize-4:]), noSecond}
	if when := binary.BigEndian.Uint64(key[bucketKeySize:]); when&bySecond != 0 {
		p.second = int64(when &^ bySecond)
	}
	return p, true
}
