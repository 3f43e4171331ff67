package command

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tacet/core/telemetry"
)

func TestLiveFiguresAreATableOfTheLastSeconds(t *testing.T) {
	f := &telemetry.Live{
		At: time.Date(2026, 3, 14, 12, 0, 10, 0, time.UTC), Seconds: 2, Messages: 7, Deliveries: 20, Bytes: 1000, Open: 41, Connects: 3, Disconnects: 2,
		Errors: map[int]int64{4301: 9, 4999: 1},
		Topics: []telemetry.LiveTopic{{Topic: "chat\x1b[2J", Messages: 7, Deliveries: 20, Bytes: 1000, Largest: 300, Subscribers: 3}},
	}
	var b bytes.Buffer
	c := &console{out: &b}
	if err := c.liveTable(f); err != nil {
		t.Fatal(err)
	}
	shown, ok := strings.CutPrefix(b.String(), "\x1b[H\x1b[2J")
	const want = `12:00:10 UTC  (2 s)

messages     3.5/s
deliveries   10/s
payload      500 bytes/s
connections  41  +3 −2
refused      9 × 4301 rate
refused      1 × 4999

TOPIC            MESSAGES  DELIVERIES  BYTES  LARGEST  SUBSCRIBERS
chat\x1b[2J      7         20          1000   300      3
`
	if !ok || strings.ReplaceAll(shown, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("shown is\n%s", shown)
	}
	b.Reset()
	if err := c.liveLine(f); err != nil || b.String() != "12:00:10  messages 3.5/s  deliveries 10/s  bytes 500/s  open 41  came 3  went 2  refused 9 × 4301 rate, 1 × 4999\n" {
		t.Errorf("as a line it is %q", b.String())
	}
}
