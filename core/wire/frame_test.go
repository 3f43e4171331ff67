package wire_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/fault"
	"tacet/core/wire"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// frames are all that a server says, each under the name of its golden file.
func frames() map[string]wire.Frame {
	alice := wire.Client{Connection: "L0SM9cOFvHcCIhw=", Subject: "alice"}
	backend := alice
	backend.Permissions = []string{"realtime:publisher:write:topic:*"}
	publish := wire.Request{Envelope: wire.Envelope{Topic: "chat", MessageType: "broadcast", ID: "7"}, Payload: []byte(`{ "text": "hello" }`)}
	message := wire.Request{Envelope: wire.Envelope{Topic: "secure/inbound", MessageType: "create-task", Compress: true}, Payload: []byte(`"A task"`)}
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.FixedZone("", 3600))
	rate := &fault.Error{Kind: fault.TooMany, Code: wire.CodeRate, Text: `wait "a bit"`, RetryAfter: 1500 * time.Microsecond}
	return map[string]wire.Frame{
		"publication":         wire.Publication(&publish, alice),
		"message":             wire.Publication(&message, backend),
		"backend-publication": wire.BackendPublication("news", "update", []byte(`{"n": 1}`), false),
		"backend-null":        wire.BackendPublication("news", "update", []byte(`null`), false),
		"presence-connected":  wire.Presence(backend, true),
		"presence-gone":       wire.Presence(alice, false),
		"welcome":             wire.Welcome("0123456789abcdef0123456789abcdef", alice.Connection, "203.0.113.0"),
		"ack":                 wire.Ack("7", wire.Counts{Matched: 3, Delivered: 2, Gone: 1}),
		"error":               wire.Error("7", rate),
		"error-without-id":    wire.Error("", errors.New("a secret of ours")),
		"pong":                wire.Pong(),
		"token-expiring":      wire.TokenExpiring(at),
		"reconnect":           wire.Reconnect(2 * time.Second),
	}
}

func TestFramesAreAsPublished(t *testing.T) {
	for name, frame := range frames() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+".json")
			got := string(frame.JSON) + "\n"
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got  %swant %s", got, want)
			}
		})
	}
}

// Clients rely on it: topic and messageType are strings without a dot in what
// is ours, and data is neither absent nor null.
func TestFramesHaveTheThreeFields(t *testing.T) {
	for name, frame := range frames() {
		var f struct {
			Topic, MessageType *string
			Data               json.RawMessage
		}
		if err := json.Unmarshal(frame.JSON, &f); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Topic == nil || f.MessageType == nil || len(f.Data) == 0 || string(f.Data) == "null" {
			t.Errorf("%s lacks a field: %s", name, frame.JSON)
		}
		if strings.Contains(*f.Topic+*f.MessageType, ".") {
			t.Errorf("%s: clients split names at dots: %s", name, frame.JSON)
		}
	}
}

func TestCompressAsksForABinaryFrame(t *testing.T) {
	if !frames()["message"].Binary || frames()["publication"].Binary {
		t.Error("compress and Binary differ")
	}
}

func TestAStrangerReadsNoCause(t *testing.T) {
	if got := string(frames()["error-without-id"].JSON); strings.Contains(got, "secret") {
		t.Errorf("the cause is told: %s", got)
	}
}

func TestTextIsEscaped(t *testing.T) {
	id := "quote \" backslash \\ line \n ä \u2028 </script>"
	var ack struct{ Data struct{ Data string } }
	if err := json.Unmarshal(wire.Ack(id, wire.Counts{}).JSON, &ack); err != nil || ack.Data.Data != id {
		t.Errorf("id came back as %q, %v", ack.Data.Data, err)
	}
}

func TestCatalogueNumbersAreUniqueAndInOrder(t *testing.T) {
	if !slices.IsSortedFunc(wire.Catalogue, func(a, b wire.Entry) int { return int(a.Code) - int(b.Code) }) {
		t.Error("not in ascending order")
	}
	names, codes := map[string]bool{}, map[wire.Code]bool{}
	for _, e := range wire.Catalogue {
		if names[e.Name] || codes[e.Code] || e.Meaning == "" {
			t.Errorf("%d %s: used twice, or without a meaning", e.Code, e.Name)
		}
		names[e.Name], codes[e.Code] = true, true
	}
	for kind := fault.Internal; kind <= fault.Unavailable; kind++ {
		if code := wire.CodeOf(&fault.Error{Kind: kind}); !codes[code] {
			t.Errorf("kind %v has the number %d, which the catalogue lacks", kind, code)
		}
	}
}

func TestReasonFitsACloseFrame(t *testing.T) {
	if got := wire.Reason(strings.Repeat("ä", 100)); len(got) > wire.MaxReason || !strings.HasSuffix(got, "ä") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if got := wire.Reason("short"); got != "short" {
		t.Errorf("Reason = %q", got)
	}
}
