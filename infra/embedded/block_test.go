package embedded_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/embedded"
)

func readAll(data []byte) ([]telemetry.Record, error) {
	var all []telemetry.Record
	err := embedded.ReadBlock(pubsubtest.AppA, data, func(r telemetry.Record) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

func someRecords() []telemetry.Record {
	start := pubsubtest.NewClock().Now()
	var ip privacy.Anonymised
	if err := ip.UnmarshalText([]byte("ipcrypt/1/2001:db8::1")); err != nil {
		panic(err)
	}
	var records []telemetry.Record
	for i := range 20 {
		r := record(start.Add(time.Duration(i%7)*time.Second-time.Duration(i)), i)
		r.Topic = privacy.RecordedTopic(fmt.Sprintf("t/%d", i%3))
		r.Expires = r.At.Add(time.Duration(i%4) * 24 * time.Hour)
		if i%2 == 0 {
			r.PublisherIP = ip
			r.TookMicros = int64(i) << 40
		}
		if i%5 == 0 {
			r.Country, r.Code = privacy.Country([]string{"DE", "PT"}[i%2]), 4000+i
		}
		records = append(records, r)
	}
	return records
}

func TestABlockIsReadAsItWasWritten(t *testing.T) {
	want := someRecords()
	got, err := readAll(embedded.EncodeBlock(want...))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

// firstFormat is a block of the first format: three events, one of which has
// an address of a client.
const firstFormat = "\x01\x00\x01n\x01\x00\x01\x02\x03t/0\x0e\x00\x80\x80\xcc\xcd\xa2\xd9\xd9\x9c1\x80\x80\xf8\x94\x92\xa5'" +
	"\x00\x03\x15ipcrypt/1/2001:db8::1\x01\x04\x03t/1\x10\x00\x80\xa8\xd6\xb9\a\x80\x80\xf8\x94\x92\xa5'" +
	"\x00\x01\x01\x02\x12\x00\x80\xa8\xd6\xb9\a\x80\x80\xf8\x94\x92\xa5'"

func TestABlockOfTheFirstFormatIsReadAsItWasWritten(t *testing.T) {
	got, err := readAll([]byte(firstFormat))
	if err != nil || len(got) != 3 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	start := pubsubtest.NewClock().Now()
	for i, r := range got {
		want := record(start.Add(time.Duration(i)*time.Second), i+7)
		want.Topic = privacy.RecordedTopic(fmt.Sprintf("t/%d", i%2))
		want.Expires = want.At.Add(time.Duration(i+1) * 24 * time.Hour)
		if i == 1 {
			must(t, want.ClientIP.UnmarshalText([]byte("ipcrypt/1/2001:db8::1")))
		}
		if !reflect.DeepEqual(r, want) {
			t.Errorf("got %+v, want %+v", r, want)
		}
	}
	again, err := readAll(embedded.EncodeBlock(got...))
	if err != nil || !reflect.DeepEqual(again, got) {
		t.Errorf("written again it is %+v, %v", again, err)
	}
}

func TestABlockCutShortIsSeenToBe(t *testing.T) {
	want := someRecords()
	whole := embedded.EncodeBlock(want...)
	ends := map[int]int{} // where a record ends, and so where a cut cannot be seen
	for n := range want {
		ends[len(embedded.EncodeBlock(want[:n]...))] = n
	}
	for cut := range len(whole) {
		got, err := readAll(whole[:cut])
		if n, ok := ends[cut]; ok {
			if err != nil || len(got) != n {
				t.Errorf("cut at %d: %d records, %v; want %d", cut, len(got), err, n)
			}
		} else if err == nil {
			t.Errorf("cut at %d: %d records and no error", cut, len(got))
		}
	}
}

func FuzzReadBlock(f *testing.F) {
	f.Add(embedded.EncodeBlock(someRecords()...))
	f.Add([]byte{})
	f.Add([]byte(firstFormat))
	f.Add([]byte{1})
	f.Add([]byte{2})
	f.Add([]byte{1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := readAll(data)
		if len(all) > len(data) {
			t.Errorf("%d records out of %d bytes", len(all), len(data))
		}
		if err != nil || len(all) == 0 {
			return
		}
		// What can be read can be written again and read the same.
		again, err := readAll(embedded.EncodeBlock(all...))
		if err != nil || !reflect.DeepEqual(again, all) {
			t.Errorf("got %+v, %v; want %+v", again, err, all)
		}
	})
}

func TestADamagedBlockIsReportedAndTheOthersAreRead(t *testing.T) {
	clock := pubsubtest.NewClock()
	var troubles atomic.Int32
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: clock.Now, Trouble: func(string, error) { troubles.Add(1) }})
	good := embedded.EncodeBlock(record(clock.Now(), 7))
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), 1), true))
	must(t, d.PutBlock(pubsubtest.AppA, clock.Now(), good[:len(good)-1]))
	must(t, d.PutBlock(pubsubtest.AppA, clock.Now(), []byte{99}))
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), 2), true))
	seen := sizes(t, d, clock.Now())
	if len(seen) != 2 || seen[1] != 1 || seen[2] != 1 || troubles.Load() != 2 {
		t.Errorf("saw %v and reported %d times", seen, troubles.Load())
	}
}

func TestTheReadersErrorIsNotTakenForDamage(t *testing.T) {
	stop := errors.New("stop")
	err := embedded.ReadBlock(pubsubtest.AppA, embedded.EncodeBlock(someRecords()...), func(telemetry.Record) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}
