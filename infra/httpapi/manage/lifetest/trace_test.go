package lifetest_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"tacet/infra/httpapi/manage/lifetest"
)

func TestATraceIsFoundInEveryEncoding(t *testing.T) {
	raw := `Ada "the" Łovelace+1@example.org/?>~`
	traces := lifetest.Traces{"name": []byte(raw)}
	quoted, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"itself": raw, "JSON": string(quoted), "a query": url.QueryEscape(raw), "a path": url.PathEscape(raw),
		"hex": hex.EncodeToString([]byte(raw)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(raw))),
	} {
		if len(traces.Found([]byte("before"+text+"after"))) != 1 {
			t.Errorf("%s is not found", what)
		}
	}
	for before := range 6 {
		for after := range 6 {
			within := []byte(strings.Repeat("b", before) + raw + strings.Repeat("a", after))
			for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
				if len(traces.Found([]byte(e.EncodeToString(within)))) != 1 {
					t.Errorf("base64 of %d characters, it, and %d is not seen through", before, after)
				}
			}
		}
	}
	if found := traces.Found([]byte(raw[1:] + strings.ToLower(raw) + hex.EncodeToString([]byte(raw[1:])))); found != nil {
		t.Errorf("found what is not there: %v", found)
	}
}
