package parcel_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/parcel"
)

func TestWhatComesOutIsWhatWentIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := parcel.Parcel{
			To: rapid.Map(rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Za-z0-9+/=_-]{1,20}`), 1, 50, rapid.ID), func(names []string) []wire.ConnID {
				ids := make([]wire.ConnID, len(names))
				for i, name := range names {
					ids[i] = wire.ConnID(name)
				}
				return ids
			}).Draw(t, "to"),
			Frame: wire.Frame{JSON: rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "frame"), Binary: rapid.Bool().Draw(t, "binary")},
		}
		if rapid.Bool().Draw(t, "limited") {
			in.Until = time.UnixMilli(rapid.Int64Range(1, 1<<42).Draw(t, "until"))
		}
		b, err := in.Encode()
		if err != nil {
			t.Fatal(err)
		}
		out, err := parcel.Decode(b)
		if diff := cmp.Diff(in, out); err != nil || diff != "" {
			t.Fatalf("%v, %s", err, diff)
		}

		posted := pubsub.Posted{}
		for _, id := range in.To {
			switch rapid.IntRange(0, 2).Draw(t, string(id)) {
			case 0:
				posted.Delivered++
			case 1:
				posted.Gone = append(posted.Gone, id)
			default:
				posted.Failed = append(posted.Failed, id)
			}
		}
		if b, err = parcel.Receipt(posted); err != nil {
			t.Fatal(err)
		}
		back, err := parcel.DecodeReceipt(b, in.To)
		if diff := cmp.Diff(posted, back); err != nil || diff != "" {
			t.Fatalf("%v, %s", err, diff)
		}
	})
}

func TestOnlyParcelsAreParcels(t *testing.T) {
	for _, b := range []string{
		``, `MARKER`, `null`, `[]`, `{}`, `"MARKER"`, `{"connections":["MARKER"]}`, `{"frame":"e30="}`,
		`{"connections":[],"frame":"e30="}`, `{"connections":[""],"frame":"e30="}`, `{"connections":["MARKER","MARKER"],"frame":"e30="}`,
		`{"connections":["MARKER"],"frame":""}`, `{"connections":["MARKER"],"frame":"!MARKER!"}`, `{"connections":[1],"frame":"e30="}`,
		`{"connections":"MARKER","frame":"e30="}`, `{"connections":["MARKER"],"frame":"e30=","until":"MARKER"}`,
		`{"connections":["MARKER"],"frame":"e30="}MARKER`,
	} {
		p, err := parcel.Decode([]byte(b))
		if !errors.Is(err, parcel.ErrMalformed) || strings.Contains(err.Error(), "MARKER") || p.To != nil {
			t.Errorf("%s: %+v, %v", b, p, err)
		}
	}
}

func TestAReceiptSaysOfEachConnectionWhatBecameOfIt(t *testing.T) {
	to := []wire.ConnID{"a", "b", "c"}
	for _, b := range []string{
		``, `MARKER`, `{}`, `null`, `{"delivered":2}`, `{"delivered":4}`, `{"delivered":-1,"gone":["a","b"],"failed":["c","c"]}`,
		`{"delivered":1,"gone":["a","a"]}`, `{"delivered":1,"gone":["a"],"failed":["a"]}`, `{"delivered":2,"gone":["MARKER"]}`,
		`{"errorMessage":"MARKER","errorType":"MARKER"}`,
	} {
		p, err := parcel.DecodeReceipt([]byte(b), to)
		if !errors.Is(err, parcel.ErrMalformed) || strings.Contains(err.Error(), "MARKER") || p.Delivered != 0 {
			t.Errorf("%s: %+v, %v", b, p, err)
		}
	}
}
