package gateway

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// slowLookup is lookup by encoding/json alone.
func slowLookup(doc []byte, steps []step) []byte {
	value := json.RawMessage(doc)
	if !json.Valid(value) {
		return nil
	}
	for _, s := range steps {
		var members map[string]json.RawMessage
		var items []json.RawMessage
		switch {
		case s.index < 0 && json.Unmarshal(value, &members) == nil && members[s.name] != nil:
			value = members[s.name]
		case s.index >= 0 && json.Unmarshal(value, &items) == nil && s.index < len(items):
			value = items[s.index]
		default:
			return nil
		}
	}
	var items []json.RawMessage
	if value = bytes.TrimSpace(value); value[0] == '[' {
		json.Unmarshal(value, &items)
		var parts [][]byte
		for _, i := range items {
			parts = append(parts, slowText(i))
		}
		return append(append([]byte{'['}, bytes.Join(parts, []byte(", "))...), ']')
	}
	return slowText(value)
}

func slowText(value json.RawMessage) []byte {
	var s string
	switch value[0] {
	case 'n':
		return nil
	case '"':
		json.Unmarshal(value, &s)
		return []byte(s)
	}
	var out bytes.Buffer
	json.Compact(&out, value)
	return out.Bytes()
}

// FuzzSelection runs both through the same messages.
func FuzzSelection(f *testing.F) {
	for _, body := range []string{
		`{"action":"join"}`, `{"a":{"b":["x",{"c":1e5}]}}`, ` [ 1 , "two" , null , [3,[4]] , {"k":true} ] `, `{"a":"\"\\\"","a":{}}`,
		`{"\u0061":"\ud83d\ude00","b":"é"}`, `"x"`, `7`, `null`, ``, `{`, `{"a":[]}`, `{"a":{}}`, `{"":""}`, `[[[[[]]]]]`, `{"a" : -0.0 , "b":false}`,
	} {
		for _, expression := range []string{"$request.body.action", "$request.body.a", "$request.body.[1]", "${request.body.a.b[1].c}/${request.body.b}", "$request.body"} {
			f.Add(expression, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, expression string, body []byte) {
		sel, err := parseSelection(expression)
		if err != nil || !utf8.Valid(body) || !utf8.ValidString(expression) { // as the engine promises
			return
		}
		before := bytes.Clone(body)
		var want []byte
		for _, p := range sel {
			if p.steps == nil {
				want = append(want, p.literal...)
				continue
			}
			fast, slow := lookup(body, p.steps), slowLookup(body, p.steps)
			if !bytes.Equal(fast, slow) {
				t.Errorf("%v in %q: %q, want %q", p.steps, body, fast, slow)
			}
			want = append(want, slow...)
		}
		if got := sel.evaluate(nil, body); !bytes.Equal(got, want) {
			t.Errorf("%q of %q: %q, want %q", expression, body, got, want)
		}
		if !bytes.Equal(before, body) {
			t.Errorf("the message was changed: %q", body)
		}
	})
}

var benchBody = []byte(`{"type":"publish","data":{"topic":"chat/room-1","payload":{"text":"` +
	"the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy dog" + `","n":12345},"id":"42"}}`)

func BenchmarkSelect(b *testing.B) {
	sel, err := parseSelection("$request.body.type")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("scanner", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if string(sel.evaluate(nil, benchBody)) != "publish" {
				b.Fatal("wrong")
			}
		}
	})
	b.Run("valid", func(b *testing.B) {
		for b.Loop() {
			json.Valid(benchBody)
		}
	})
	b.Run("rawmap", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m map[string]json.RawMessage
			json.Unmarshal(benchBody, &m)
			var s string
			json.Unmarshal(m["type"], &s)
			if s != "publish" {
				b.Fatal("wrong")
			}
		}
	})
	b.Run("struct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m struct{ Type string }
			json.Unmarshal(benchBody, &m)
			if m.Type != "publish" {
				b.Fatal("wrong")
			}
		}
	})
}
