// Package parcel is what publish hands to fanout when a frame is for many: the
// frame, whom it is for, and until when; and what fanout answers.
//
// A parcel is the payload of a synchronous invocation, and of nothing else. It
// holds a message, so it must not be put where it rests: no queue, no stream,
// no asynchronous invocation.
//
// It promises that what comes out is what went in, byte for byte, and that
// errors quote nothing of either. What the frame says is not looked at.
package parcel

import (
	"encoding/json"
	"errors"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
)

// Parcel is a frame for many connections.
type Parcel struct {
	To    []wire.ConnID
	Frame wire.Frame
	// Until is when the sender stops waiting, and counts who was not reached
	// as failed; zero if nobody said. It is kept to the millisecond.
	Until time.Time
}

// ErrMalformed says that something is no parcel, or no receipt for it.
var ErrMalformed = errors.New("parcel: malformed")

// parcel is a Parcel as it travels. The frame is base64, so that it is the same
// bytes whoever parses and writes the JSON on the way.
type parcel struct {
	Connections []wire.ConnID `json:"connections"`
	Frame       []byte        `json:"frame"`
	Binary      bool          `json:"binary,omitempty"`
	Until       int64         `json:"until,omitempty"` // milliseconds since 1970
}

// Encode returns p as JSON: 4/3 of the frame, and 20 bytes for each connection.
func (p *Parcel) Encode() ([]byte, error) {
	raw := parcel{Connections: p.To, Frame: p.Frame.JSON, Binary: p.Frame.Binary}
	if !p.Until.IsZero() {
		raw.Until = p.Until.UnixMilli()
	}
	return json.Marshal(raw)
}

// Decode returns the parcel in b. It has at least one connection, each of them
// once, and a frame.
func Decode(b []byte) (Parcel, error) {
	var raw parcel
	if json.Unmarshal(b, &raw) != nil || len(raw.Frame) == 0 || len(raw.Connections) == 0 || !distinct(raw.Connections) {
		return Parcel{}, ErrMalformed
	}
	p := Parcel{To: raw.Connections, Frame: wire.Frame{JSON: raw.Frame, Binary: raw.Binary}}
	if raw.Until != 0 {
		p.Until = time.UnixMilli(raw.Until)
	}
	return p, nil
}

// receipt is a pubsub.Posted as it travels.
type receipt struct {
	Delivered int           `json:"delivered"`
	Gone      []wire.ConnID `json:"gone,omitempty"`
	Failed    []wire.ConnID `json:"failed,omitempty"`
}

// Receipt returns what became of a parcel, as JSON.
func Receipt(p pubsub.Posted) ([]byte, error) { return json.Marshal(receipt(p)) }

// DecodeReceipt returns what became of a frame for those connections. A receipt
// that does not say of each of them what became of it is malformed.
func DecodeReceipt(b []byte, to []wire.ConnID) (pubsub.Posted, error) {
	var r receipt
	if json.Unmarshal(b, &r) != nil || r.Delivered < 0 || r.Delivered+len(r.Gone)+len(r.Failed) != len(to) {
		return pubsub.Posted{}, ErrMalformed
	}
	asked := make(map[wire.ConnID]bool, len(to))
	for _, id := range to {
		asked[id] = true
	}
	for _, ids := range [][]wire.ConnID{r.Gone, r.Failed} {
		for _, id := range ids {
			if !asked[id] {
				return pubsub.Posted{}, ErrMalformed
			}
			delete(asked, id) // once
		}
	}
	return pubsub.Posted(r), nil
}

// distinct reports whether no id is "" or there twice.
func distinct(ids []wire.ConnID) bool {
	seen := make(map[wire.ConnID]bool, len(ids))
	for _, id := range ids {
		if id == "" || seen[id] {
			return false
		}
		seen[id] = true
	}
	return true
}
