package telemetry_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tacet/core/privacy"
	"tacet/core/telemetry"
)

func read(data string) (*telemetry.Digest, error) {
	d := new(telemetry.Digest)
	return d, d.UnmarshalBinary([]byte(data))
}

func TestADigestIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SampledFrom([]int{1, 30, 319, 5000}).Draw(t, "people")
		d := counted(happenings(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 3000).Draw(t, "n"), people, 400)...)
		got, err := read(formOf(d))
		if err != nil {
			t.Fatal(err)
		}
		got.Sums = d.Sums
		if !same(got, d) || fmt.Sprintf("%+v", got.Topics.Rows()) != fmt.Sprintf("%+v", d.Topics.Rows()) || got.Clients.Estimate() != d.Clients.Estimate() {
			t.Fatalf("%+v is read as %+v", d, got)
		}
		// And goes on as it would have.
		more := happenings(7, 500, people, 400)
		if !same(merged(got, counted(more...)), merged(d, counted(more...))) {
			t.Fatal("what is read merges into something else")
		}
	})
}

func TestSumsStayWhenADigestIsRead(t *testing.T) {
	d := counted(happenings(1, 20, 5, 3)...)
	want := d.Sums
	if err := d.UnmarshalBinary(nil); err != nil || d.Sums != want || formOf(d) != "" {
		t.Errorf("nothing is read as %+v, %v", d, err)
	}
}

// The crowds of a digest are among its clients. One of other people's, which is
// none that was counted, is written nevertheless.
func TestCrowdsThatAreNotAmongTheClientsAreWritten(t *testing.T) {
	d := &telemetry.Digest{Countries: map[privacy.Country]telemetry.Group{"DE": {Events: 5, Crowd: telemetry.Crowd{1, 1 << 31, 1<<32 - 1}}}}
	d.Clients.Add(network(1))
	got, err := read(formOf(d))
	if err != nil || !same(got, d) || fmt.Sprint(got.Countries) != fmt.Sprint(d.Countries) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// minute is what happens in a minute: so many topics, of which a few have most
// of the messages, and so many people, each of whom publishes on some.
func minute(topics, people, messages int) *telemetry.Digest {
	r := rand.New(rand.NewPCG(1, 1))
	zipf := rand.NewZipf(r, 1.2, 4, uint64(topics-1))
	d := new(telemetry.Digest)
	for n := range messages {
		on := int(zipf.Uint64())
		if n < topics {
			on = n
		}
		d.Count(telemetry.Event{
			Topic: privacy.RecordedTopic(fmt.Sprintf("room/%d/events", on)), PublisherIP: encrypted((on*7 + r.IntN(10)) % people), Size: 50 + r.IntN(400),
			Subscribers: r.IntN(200), TookMicros: 800 + int64(r.ExpFloat64()*3000), At: noon,
		})
		if n%10 == 0 {
			d.Count(telemetry.Event{
				Topic: telemetry.TopicConnect, ClientIP: encrypted(r.IntN(people)), Subscribers: 900 + n, At: noon.Add(time.Duration(n)),
				Country: []privacy.Country{"DE", "FR", "US"}[r.IntN(3)],
			})
		}
	}
	return d
}

func TestADigestIsSmall(t *testing.T) {
	for _, c := range []struct{ topics, people, messages, most int }{
		{1, 1, 1, 64}, {20, 40, 400, 1000}, {256, 300, 3000, 10_000}, {256, 5000, 7000, 16_000}, {2000, 50_000, 100_000, 16_000},
	} {
		size := len(formOf(minute(c.topics, c.people, c.messages)))
		t.Logf("%d messages on %d topics, by %d people: %d bytes", c.messages, c.topics, c.people, size)
		if size > c.most {
			t.Errorf("the digest of %d messages on %d topics by %d people has %d bytes, and may have %d", c.messages, c.topics, c.people, size, c.most)
		}
	}
}

func TestADamagedDigestIsRefused(t *testing.T) {
	whole := formOf(minute(20, 40, 400))
	for n := 1; n < len(whole); n++ {
		if _, err := read(whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are read", n, len(whole))
		}
	}
	for name, data := range map[string]string{
		"more than a digest": whole + "\x00",
		"of another form":    "\x02" + whole[1:],
		"in JSON":            "{}",
		"too many clients":   "\x01\x00\xc2\x02" + whole[4:],
		"a topic twice":      "\x01\x00\x00\x00\x00\x02\x01a\x01\x00\x00\x00\x00\x01a\x01\x00\x00\x00\x00\x00\x00\x00",
	} {
		if _, err := read(data); err == nil {
			t.Errorf("what is %s is read", name)
		}
	}
}

// FuzzDigest reads anything: it is refused, or is a digest that can be written,
// and merged. Nothing takes more memory than the data account for.
func FuzzDigest(f *testing.F) {
	for _, d := range []*telemetry.Digest{{}, minute(1, 1, 1), minute(20, 40, 400), minute(300, 1000, 2000), counted(happenings(1, 50, 9, 5)...)} {
		f.Add([]byte(formOf(d)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := read(string(data))
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<16+200*uint64(len(data)) {
			t.Errorf("%d bytes are read into %d", len(data), used)
		}
		if err != nil {
			return
		}
		again, err := read(formOf(d))
		if err != nil || !same(again, d) {
			t.Fatalf("%+v is read as %+v, %v", d, again, err)
		}
		merged(d, again).Topics.Rows()
		d.Clients.Estimate()
		d.Delivery.Quantile(0.5)
	})
}
