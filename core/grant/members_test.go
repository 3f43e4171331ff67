package grant

import (
	"bytes"
	"encoding/json"
	"testing"
)

// decoded is what encoding/json's decoder makes of an object, name by name.
func decoded(data []byte) (map[string]json.RawMessage, bool) {
	fields := map[string]json.RawMessage{}
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') || !json.Valid(data) {
		return nil, false
	}
	for dec.More() {
		name, err := dec.Token()
		key, ok := name.(string)
		var value json.RawMessage
		if _, twice := fields[key]; twice || err != nil || !ok || dec.Decode(&value) != nil {
			return nil, false
		}
		fields[key] = value
	}
	return fields, true
}

// FuzzMembers takes objects apart, and arrays and texts in them, and holds the
// result against encoding/json.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { } `, `{"a":1}`, "\t{\"a\" : -1.5e+3 ,\r\n\"b\":\"\\\"}\" , \"c\":[1,{\"d\":\"]\"},[]],\"e\":{\"f\":{}},\"g\":null}\n",
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"<":1,"\u003c":2}`, "{\"\xff\":1,\"\xfe\":2}", `{"permissions":["a","b\"c",{"d":"]"},null,7,"é"]}`,
		`{"a":"\\"}`, `{"a":"\\\\\""}`, `[]`, `[{}]`, `"{}"`, `{}{}`, `{"a":1}x`, `{"a"}`, `{,}`, `{"a":1,}`, ``, ` `, `{`, `{"a":[`, `{"a":true,"b":false}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := members(data)
		want, wanted := decoded(data)
		if ok != wanted || len(got) != len(want) {
			t.Fatalf("%q: %v %q, encoding/json says %v %q", data, ok, got, wanted, want)
		}
		for name, raw := range want {
			if value, there := got[name]; !there || value != string(raw) {
				t.Fatalf("%q: %q is %q, encoding/json says %q", data, name, value, raw)
			}
			var text string
			textual := raw[0] == '"' && json.Unmarshal(raw, &text) == nil
			if s, ok := decodeText(got[name]); ok != textual || s != text {
				t.Fatalf("%q is %q %v, encoding/json says %q %v", raw, s, ok, text, textual)
			}
			var list []json.RawMessage
			if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
				continue
			}
			all := elements(got[name])
			if len(all) != len(list) {
				t.Fatalf("%q has elements %q, encoding/json says %q", raw, all, list)
			}
			for i := range list {
				if all[i] != string(list[i]) {
					t.Fatalf("%q has element %q, encoding/json says %q", raw, all[i], list[i])
				}
			}
		}
	})
}

func TestTheSizeOfPermissionsIsThatOfTheirJSON(t *testing.T) {
	for _, texts := range [][]string{{"a"}, {"a", "bc"}, {"a", `"`}, {"<", "a"}, {"é"}, {"a&b", "\\"}, {"~ !"}} {
		data, err := json.Marshal(texts)
		if err != nil {
			t.Fatal(err)
		}
		if got := sizeInJSON(texts); got != len(data) {
			t.Errorf("%q: %d, want %d", texts, got, len(data))
		}
	}
}
