package wire

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// scan reports whether text is one JSON value and nothing else.
func scan(text []byte) bool {
	s := scanner{text: text}
	_, err := s.value()
	return err == nil && s.end()
}

func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`0`, `-0`, `01`, `-`, `1.`, `.1`, `1e`, `1e+`, `1e5`, `1E-5`, `+1`, `0x1`, `1 2`, `NaN`, `tru`, `true`, `truer`, `nul`, `null`,
		`""`, `"`, `"\`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\uABCD"`, "\"\x01\"", "\"\x7f\"", `[]`, `[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[[]]`, `[]]`,
		`{}`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,}`, `{,}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":{"b":[{"c":[]}]}}`, `{"a":[}]`, `[{]}`, ` [ { "a" : 1 } , 2 ] `, ``, ` `,
	} {
		if got, want := scan([]byte(text)), json.Valid([]byte(text)); got != want {
			t.Errorf("%q: %v, encoding/json says %v", text, got, want)
		}
	}
}

func TestNestingEndsAtItsLimit(t *testing.T) {
	for _, c := range []struct {
		depth int
		want  bool
	}{{MaxDepth, true}, {MaxDepth + 1, false}} {
		for _, pair := range []string{"[]", "{}"} {
			open, inner := pair[:1], ""
			if open == "{" {
				open, inner = `{"a":`, "0"
			}
			text := strings.Repeat(open, c.depth) + inner + strings.Repeat(pair[1:], c.depth)
			if got := scan([]byte(text)); got != c.want {
				t.Errorf("%s nested %d deep: %v, want %v", pair, c.depth, got, c.want)
			}
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5e3,"x\u00e4",true,null,{}]}`))
	f.Add([]byte(` [[[]]] `))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) || strings.Count(string(text), "[")+strings.Count(string(text), "{") > MaxDepth {
			return
		}
		if got, want := scan(text), json.Valid(text); got != want {
			t.Fatalf("%q: %v, encoding/json says %v", text, got, want)
		}
	})
}
