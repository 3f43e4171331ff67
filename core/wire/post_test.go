package wire_test

import (
	"errors"
	"strings"
	"testing"

	"tacet/core/fault"
	"tacet/core/wire"
)

func TestDecodePostReadsAPublication(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want wire.Post
	}{
		"the least":      {`{"topic":"chat","message":1}`, wire.Post{Envelope: wire.Envelope{Topic: "chat", MessageType: "broadcast"}, Message: []byte("1")}},
		"everything":     {`{"id":"x","compress":true,"messageType":"m","message":"","topic":"secure/a"}`, wire.Post{Envelope: wire.Envelope{Topic: "secure/a", ID: "x", MessageType: "m", Compress: true}, Message: []byte(`""`)}},
		"nulls":          {`{"topic":"chat","message":null,"messageType":null,"id":null,"compress":null}`, wire.Post{Envelope: wire.Envelope{Topic: "chat", MessageType: "broadcast"}, Message: []byte("null")}},
		"unknown fields": {` {"topic":"chat","message":0,"more":{"topic":[]},"more":1} `, wire.Post{Envelope: wire.Envelope{Topic: "chat", MessageType: "broadcast"}, Message: []byte("0")}},
		"as it came":     {"{\"topic\":\"chat\",\"message\": { \"b\" : 1 ,\n\"b\" : [ 1.0e+400, \"\\u00e4\\/\\ud800 ä\" ] } }", wire.Post{Envelope: wire.Envelope{Topic: "chat", MessageType: "broadcast"}, Message: []byte("{ \"b\" : 1 ,\n\"b\" : [ 1.0e+400, \"\\u00e4\\/\\ud800 ä\" ] }")}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := wire.DecodePost([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Message) != string(c.want.Message) {
				t.Errorf("message %q, want %q", got.Message, c.want.Message)
			}
			got.Message, c.want.Message = nil, nil
			if a, b := dump(got), dump(c.want); a != b {
				t.Errorf("got  %s\nwant %s", a, b)
			}
		})
	}
}

func TestDecodePostRefusesAndRepeatsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		code wire.Code
	}{
		"no JSON":          {`MARKER`, wire.CodeInvalid},
		"not an object":    {`["MARKER"]`, wire.CodeInvalid},
		"cut off":          {`{"topic":"MARKER"`, wire.CodeInvalid},
		"more behind":      {`{"topic":"chat","message":1} MARKER`, wire.CodeInvalid},
		"not UTF-8":        {"{\"topic\":\"chat\",\"message\":\"MARKER\xff\"}", wire.CodeInvalid},
		"two messages":     {`{"topic":"chat","message":1,"message":"MARKER"}`, wire.CodeInvalid},
		"two topics":       {`{"topic":"chat","t\u006fpic":"MARKER","message":1}`, wire.CodeInvalid},
		"too deep":         {`{"topic":"chat","message":` + strings.Repeat("[", 513) + strings.Repeat("]", 513) + `}`, wire.CodeTooDeep},
		"no topic":         {`{"message":"MARKER"}`, wire.CodeInvalidTopic},
		"no message":       {`{"topic":"MARKER"}`, wire.CodeInvalidField},
		"other case":       {`{"topic":"chat","Message":"MARKER"}`, wire.CodeInvalidField},
		"illegal topic":    {`{"topic":"MARKER*","message":1}`, wire.CodeInvalidTopic},
		"topic no string":  {`{"topic":["MARKER"],"message":1}`, wire.CodeInvalidField},
		"long id":          {`{"id":"` + strings.Repeat("i", 129) + `","topic":"chat","message":1}`, wire.CodeInvalidField},
		"long type":        {`{"messageType":"` + strings.Repeat("i", 129) + `","topic":"chat","message":1}`, wire.CodeInvalidField},
		"compress no bool": {`{"compress":"MARKER","topic":"chat","message":1}`, wire.CodeInvalidField},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := wire.DecodePost([]byte(c.body))
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Code != c.code {
				t.Fatalf("got %v, want code %d", err, c.code)
			}
			if strings.Contains(err.Error(), "MARKER") {
				t.Errorf("the error repeats the body: %v", err)
			}
		})
	}
}

func TestDecodePostKeepsTheIDOfWhatItRefuses(t *testing.T) {
	p, err := wire.DecodePost([]byte(`{"topic":"*","id":"7","message":1}`))
	if err == nil || p.ID != "7" {
		t.Errorf("got %q, %v", p.ID, err)
	}
}
