package gateway

import (
	"encoding/json"
	"testing"
)

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
