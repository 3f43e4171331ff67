package canonical_test

import (
	"encoding/json"
	"testing"

	"tacet/core/canonical"
)

func TestEveryValueHasOneForm(t *testing.T) {
	for _, c := range []struct{ name, loose, want string }{
		{"names are sorted, at every depth", `{"b": {"d":1, "c":2}, "a": [ {"z":0,"y":0} ]}`, `{"a":[{"y":0,"z":0}],"b":{"c":2,"d":1}}`},
		{"there is no white space but in strings", "[ 1,\n\t\" a \" ]", `[1," a "]`},
		{"literals", `[null,true,false,{},[],""]`, `[null,true,false,{},[],""]`},
		{"what HTML would read is not escaped", `"<a href=\"x\">&amp;\u2028</a>"`, "\"<a href=\\\"x\\\">&amp;\u2028</a>\""},
		{"escapes are the short ones", `"\u0008\u000c\u000a\u000d\u0009\u0022\u005c\u002f\u0001\u001f\u007f"`, "\"\\b\\f\\n\\r\\t\\\"\\\\/\\u0001\\u001f\u007f\""},
		{"characters are themselves", `"\u00e9\ud83d\ude00"`, `"é😀"`},
		// The example of RFC 8785 §3.2.3: by bytes the last two would change places.
		{"names are sorted by UTF-16", `{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`, "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}"},
		{"integers up to where doubles are exact", `[0,-0,9007199254740991,-9007199254740991]`, `[0,0,9007199254740991,-9007199254740991]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := canonical.JSON(json.RawMessage(c.loose))
			if err != nil || string(got) != c.want {
				t.Errorf("got %s (%v), want %s", got, err, c.want)
			}
			again, err := canonical.JSON(json.RawMessage(got))
			if err != nil || string(again) != string(got) {
				t.Errorf("done again it is %s (%v)", again, err)
			}
		})
	}
}

func TestWhatHasNoFormIsRefused(t *testing.T) {
	for _, v := range []any{
		json.RawMessage(`1.5`), json.RawMessage(`1e3`), json.RawMessage(`9007199254740992`), json.RawMessage(`-9007199254740992`),
		json.RawMessage(`{`), func() {},
		[]any{0.5},
		map[string]any{"a": 0.5},
	} {
		if got, err := canonical.JSON(v); err == nil {
			t.Errorf("%v became %s", v, got)
		}
	}
}
