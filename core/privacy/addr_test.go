package privacy_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tacet/core/privacy"
)

// holder hides an address where fmt calls no methods.
type holder struct {
	a privacy.Addr
	p *privacy.Addr
	s []privacy.Addr
	m map[string]privacy.Addr
	i any
	e struct{ privacy.Addr }
}

// printed returns everything that anybody could print or encode of a.
func printed(a privacy.Addr) string {
	h := holder{a, &a, []privacy.Addr{a}, map[string]privacy.Addr{"k": a}, a, struct{ privacy.Addr }{a}}
	values := []any{a, &a, h, &h, h.s, h.m, h.e, []any{a}, struct{ A privacy.Addr }{a}, errors.Join(fmt.Errorf("from %v", a))}
	var out bytes.Buffer
	for _, v := range values {
		for _, verb := range "vsqxXdobcgtpUT" {
			for _, flags := range []string{"", "+", "#", " ", "-64.3"} {
				fmt.Fprintf(&out, "%"+flags+string(verb)+"\n", v)
			}
		}
		fmt.Fprintln(&out, v)
		text, err := json.Marshal(v)
		fmt.Fprintln(&out, string(text), err)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	fmt.Fprintln(&out, gob.NewEncoder(&out).Encode(struct{ A privacy.Addr }{a}))
	text, err := xml.Marshal(struct{ A privacy.Addr }{a})
	fmt.Fprintln(&out, string(text), err)
	text, err = a.MarshalText()
	fmt.Fprintln(&out, string(text), err)
	text, err = a.MarshalBinary()
	fmt.Fprintln(&out, string(text), err)
	return out.String()
}

// spellings are the forms in which the bytes of an address could show.
func spellings(ip [4]byte) []string {
	return []string{
		fmt.Sprintf("%d.%d.%d.%d", ip[0], ip[1], ip[2], ip[3]),
		fmt.Sprintf("%d %d %d %d", ip[0], ip[1], ip[2], ip[3]),
		fmt.Sprintf("%d,%d,%d,%d", ip[0], ip[1], ip[2], ip[3]),
		fmt.Sprintf("%x", ip), fmt.Sprintf("%X", ip), fmt.Sprintf("%#v", ip)[8:], string(ip[:]),
		fmt.Sprint(uint32(ip[0])<<24 | uint32(ip[1])<<16 | uint32(ip[2])<<8 | uint32(ip[3])),
		fmt.Sprint(uint64(0xffff)<<32 | uint64(ip[0])<<24 | uint64(ip[1])<<16 | uint64(ip[2])<<8 | uint64(ip[3])),
	}
}

func TestNothingPrintsAnAddress(t *testing.T) {
	// Bytes that occur in nothing else that is printed.
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.ByteRange(128, 255)
		ip := [4]byte{part.Draw(t, "a"), part.Draw(t, "b"), part.Draw(t, "c"), part.Draw(t, "d")}
		raw := spellings(ip)[0]
		text := rapid.SampledFrom([]string{raw, raw + ":51234", "::ffff:" + raw, "2001:db8::" + raw}).Draw(t, "text")
		out := printed(privacy.ParseAddr(text))
		for _, spelling := range spellings(ip) {
			if strings.Contains(out, spelling) {
				t.Fatalf("%q shows as %q", text, spelling)
			}
		}
	})
}

func TestARedactionIsPrintedInstead(t *testing.T) {
	a := privacy.ParseAddr("203.0.113.7")
	for _, out := range []string{a.String(), fmt.Sprintf("%v", a), fmt.Sprintf("%#v", a), fmt.Sprintf("%x", a), a.GoString(), a.LogValue().String()} {
		if out != privacy.Redacted {
			t.Errorf("printed as %q", out)
		}
	}
	if data, err := json.Marshal(map[string]any{"a": a}); err != nil || string(data) != `{"a":"(address)"}` {
		t.Errorf("JSON is %s, %v", data, err)
	}
	if err := gob.NewEncoder(&bytes.Buffer{}).Encode(a); err == nil {
		t.Error("gob stores an address")
	}
}

func TestGarbageIsAnUnknownAddress(t *testing.T) {
	for _, text := range []string{
		"", " ", "unknown", "_hidden", "localhost", "example.org:80", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/24", "1.2.3.4:x", "[::1", "::1]",
		"[::1]:99999", "[]", ":80", "\x00", "1.2.3.4\n5.6.7.8", "1.2.3.4,5.6.7.8", strings.Repeat("1", 200), strings.Repeat(" ", 200) + "1.2.3.4", `"1.2.3.4"`,
	} {
		if privacy.ParseAddr(text).Known() {
			t.Errorf("%q is an address", text)
		}
	}
	var zero privacy.Addr
	if zero.Known() || zero.String() != privacy.Redacted {
		t.Error("the zero value is known, or prints otherwise")
	}
}
