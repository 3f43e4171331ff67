package wire_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"tacet/core/fault"
	"tacet/core/wire"
)

func TestDecodeReadsEachType(t *testing.T) {
	for name, c := range map[string]struct {
		frame string
		want  wire.Request
	}{
		"subscribe":      {`{"type":"subscribe","data":{"topic":"chat","id":"7"}}`, wire.Request{Type: wire.TypeSubscribe, Envelope: wire.Envelope{Topic: "chat", ID: "7"}}},
		"unsubscribe":    {`{"data":{"topic":"chat"},"type":"unsubscribe"}`, wire.Request{Type: wire.TypeUnsubscribe, Envelope: wire.Envelope{Topic: "chat"}}},
		"publish":        {`{"type":"publish","data":{"topic":"chat","payload":1}}`, wire.Request{Type: wire.TypePublish, Envelope: wire.Envelope{Topic: "chat", MessageType: "broadcast"}, Payload: []byte("1")}},
		"every option":   {`{"type":"publish","data":{"topic":"chat","payload":"","messageType":"m","id":"x","compress":true,"echo":false}}`, wire.Request{Type: wire.TypePublish, Envelope: wire.Envelope{Topic: "chat", MessageType: "m", ID: "x", Compress: true}, Payload: []byte(`""`), NoEcho: true}},
		"nulls":          {`{"type":"publish","data":{"topic":"chat","payload":null,"messageType":null,"id":null,"compress":null,"echo":null}}`, wire.Request{Type: wire.TypePublish, Envelope: wire.Envelope{Topic: "chat", MessageType: "broadcast"}, Payload: []byte(`null`)}},
		"no payload":     {`{"type":"publish","data":{"topic":"chat"}}`, wire.Request{Type: wire.TypePublish, Envelope: wire.Envelope{Topic: "chat", MessageType: "broadcast"}, Payload: []byte(`null`)}},
		"message":        {`{"type":"message","data":{"payload":[1, 2]}}`, wire.Request{Type: wire.TypeMessage, Envelope: wire.Envelope{Topic: "secure/inbound", MessageType: "broadcast"}, Payload: []byte(`[1, 2]`)}},
		"authenticate":   {`{"type":"authenticate","data":{"access_token":"a.b.c"}}`, wire.Request{Type: wire.TypeAuthenticate, AccessToken: "a.b.c"}},
		"ping":           {` {"type":"ping"} `, wire.Request{Type: wire.TypePing}},
		"unknown fields": {`{"type":"ping","more":[{}],"data":{"extra":{"a":[]}}}`, wire.Request{Type: wire.TypePing}},
		"escaped keys":   {`{"\u0074ype":"ping","data":null}`, wire.Request{Type: wire.TypePing}},
		"escaped text":   {`{"type":"publish","data":{"topic":"a\u002fb","id":"\u00e4\"","payload":0}}`, wire.Request{Type: wire.TypePublish, Envelope: wire.Envelope{Topic: "a/b", ID: `ä"`, MessageType: "broadcast"}, Payload: []byte("0")}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := wire.Decode([]byte(c.frame))
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Payload) != string(c.want.Payload) {
				t.Errorf("payload %q, want %q", got.Payload, c.want.Payload)
			}
			got.Payload, c.want.Payload = nil, nil
			if a, b := dump(got), dump(c.want); a != b {
				t.Errorf("got  %s\nwant %s", a, b)
			}
		})
	}
}

func dump(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// What a parser would change must stay: spaces, escapes, huge numbers,
// duplicate keys, order.
func TestPayloadStaysByteForByte(t *testing.T) {
	for _, payload := range []string{
		`{ "b" : 1 , "a" : [ 1.0e+400, -0, 12345678901234567890123 ] , "a" : null }`, "[\n\t1 ]", `"\u0041\ud800 \/"`, `""`, `{}`, `[]`, `0`, `true`,
		`"` + strings.Repeat("ü", 5000) + `"`, strings.Repeat("[", 511) + strings.Repeat("]", 511),
	} {
		r, err := wire.Decode([]byte(`{"type":"publish","data":{"payload": ` + payload + ` ,"topic":"t"}}`))
		if err != nil || string(r.Payload) != payload {
			t.Errorf("payload %.40q came back as %.40q, %v", payload, r.Payload, err)
		}
	}
}

func TestDecodeRefusesWithACodeAndKeepsTheID(t *testing.T) {
	for name, c := range map[string]struct {
		frame string
		code  wire.Code
		id    string
	}{
		"empty":              {``, wire.CodeInvalid, ""},
		"not JSON":           {`hello`, wire.CodeInvalid, ""},
		"array":              {`["publish"]`, wire.CodeInvalid, ""},
		"number":             {`7`, wire.CodeInvalid, ""},
		"cut off":            {`{"type":"ping"`, wire.CodeInvalid, ""},
		"two objects":        {`{"type":"ping"}{"type":"ping"}`, wire.CodeInvalid, ""},
		"not UTF-8":          {"{\"type\":\"ping\",\"x\":\"\xff\"}", wire.CodeInvalid, ""},
		"no type":            {`{"data":{"id":"1"}}`, wire.CodeInvalid, "1"},
		"type is a number":   {`{"type":1,"data":{"id":"1"}}`, wire.CodeInvalidField, "1"},
		"unknown type":       {`{"type":"$connect","data":{"id":"1"}}`, wire.CodeUnknownType, "1"},
		"case matters":       {`{"Type":"ping"}`, wire.CodeInvalid, ""},
		"type twice":         {`{"type":"ping","type":"publish"}`, wire.CodeInvalid, ""},
		"topic twice":        {`{"type":"subscribe","data":{"topic":"a","topic":"secure/b"}}`, wire.CodeInvalid, ""},
		"twice, escaped":     {`{"type":"subscribe","data":{"topic":"a","\u0074opic":"secure/b"}}`, wire.CodeInvalid, ""},
		"data is a string":   {`{"type":"publish","data":"x"}`, wire.CodeInvalidField, ""},
		"no topic":           {`{"type":"publish","data":{"id":"1","payload":0}}`, wire.CodeInvalidTopic, "1"},
		"topic with spaces":  {`{"type":"publish","data":{"topic":"a b","id":"1"}}`, wire.CodeInvalidTopic, "1"},
		"topic is a number":  {`{"type":"publish","data":{"topic":1,"id":"1"}}`, wire.CodeInvalidField, "1"},
		"id is a number":     {`{"type":"ping","data":{"id":1}}`, wire.CodeInvalidField, ""},
		"id too long":        {`{"type":"ping","data":{"id":"` + strings.Repeat("x", 129) + `"}}`, wire.CodeInvalidField, ""},
		"type too long":      {`{"type":"publish","data":{"topic":"a","messageType":"` + strings.Repeat("x", 129) + `"}}`, wire.CodeInvalidField, ""},
		"compress is a word": {`{"type":"publish","data":{"topic":"a","compress":"yes"}}`, wire.CodeInvalidField, ""},
		"no token":           {`{"type":"authenticate","data":{"id":"1"}}`, wire.CodeInvalidField, "1"},
		"bad payload":        {`{"type":"publish","data":{"topic":"a","payload":{"a":}}}`, wire.CodeInvalid, ""},
		"trailing comma":     {`{"type":"publish","data":{"topic":"a","payload":[1,]}}`, wire.CodeInvalid, ""},
		"deep":               {`{"type":"publish","data":{"topic":"a","payload":` + strings.Repeat("[", 20000), wire.CodeTooDeep, ""},
		"control character":  {"{\"type\":\"pi\nng\"}", wire.CodeInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := wire.Decode([]byte(c.frame))
			var f *fault.Error
			if !errors.As(err, &f) {
				t.Fatalf("err = %v, want a fault", err)
			}
			if f.Code != c.code || r.ID != c.id || f.Kind != fault.Invalid {
				t.Errorf("code %d, id %q, kind %v (%v); want code %d, id %q", f.Code, r.ID, f.Kind, err, c.code, c.id)
			}
		})
	}
}

// FuzzDecode holds the scanner against encoding/json: what one finds
// well-formed, so does the other, and the payload is a slice of the frame.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"publish","data":{"topic":"chat","payload":{"a":[1,2,{"b":null}]},"id":"1","messageType":"x","echo":false}}`))
	f.Add([]byte(`{"type":"authenticate","data":{"access_token":"a.b.c"}}`))
	f.Add([]byte(`{"type":"message","data":{"payload":"\ud83d\ude00"}}`))
	f.Add([]byte(`{"type":"ping","x":-0.1e-7}`))
	f.Add([]byte(`{"type":"publish","data":{"topic":"a","\u0069d":"1"}}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		r, err := wire.Decode(frame)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("kind %v", fault.KindOf(err))
			}
			return
		}
		if r.ID != "" && !wire.MayHaveID(frame) {
			t.Fatalf("%q has the id %q all the same", frame, r.ID)
		}
		if !json.Valid(frame) || !utf8.Valid(frame) {
			t.Fatalf("accepted what is not JSON: %q", frame)
		}
		if r.Payload != nil && !json.Valid(r.Payload) {
			t.Fatalf("payload %q is not JSON", r.Payload)
		}
		if r.Type == wire.TypePublish || r.Type == wire.TypeMessage {
			out := wire.Publication(&r, wire.Client{Connection: "c", Subject: "s"})
			var back struct {
				Topic, MessageType string
				Data               struct{ Payload json.RawMessage }
			}
			if err := json.Unmarshal(out.JSON, &back); err != nil {
				t.Fatalf("what receivers get is not JSON: %v\n%s", err, out.JSON)
			}
			if back.Topic != string(r.Topic) || string(back.Data.Payload) != string(r.Payload) {
				t.Fatalf("receivers get %s", out.JSON)
			}
		}
	})
}

const typical = `{"type":"publish","data":{"topic":"chat/room-1","payload":{"text":"hello, this is a message of about the usual length","at":1795428000000,"by":{"id":"u-1","name":"Alice"}},"id":"k3j5h2"}}`

func BenchmarkDecode(b *testing.B) {
	b.Run("scanner", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := wire.Decode([]byte(typical)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var r struct {
				Type string
				Data struct {
					Topic, ID, MessageType string
					Payload                json.RawMessage
				}
			}
			if err := json.Unmarshal([]byte(typical), &r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
