package entry_test

import (
	"testing"

	"tacet/infra/apigw"
	"tacet/infra/entry"
)

// What a function adds to the call of core is the difference of the two.
func BenchmarkPing(b *testing.B) {
	r := newRig(b)
	r.open()
	r.service.Connections = one{r.service.Connections, r.connect("bench", "alice")}
	e := &apigw.Event{Type: apigw.Message, RouteKey: "$default", ConnectionID: "bench", RequestID: "r", Body: []byte(`{"type":"ping"}`)}
	b.Run("core", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.service.Answer(b.Context(), "bench", e.Body)
		}
	})
	b.Run("entry", func(b *testing.B) {
		f := entry.Fallback{Service: r.service}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := f.InvokeEvent(b.Context(), e); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("entry as JSON", func(b *testing.B) {
		f := entry.Fallback{Service: r.service}
		event := e.AppendJSON(nil)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := f.Invoke(b.Context(), event); err != nil {
				b.Fatal(err)
			}
		}
	})
}
