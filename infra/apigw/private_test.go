package apigw_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tacet/infra/apigw"
)

const secret = "198.51.100.77"

// everyWay prints a value in all the ways that a careless line could.
func everyWay(v any) string {
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	fmt.Fprintln(&out, v)
	wrapped := struct{ V any }{v}
	fmt.Fprintf(&out, "%v %+v %#v\n", wrapped, wrapped, []any{v})
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	return out.String()
}

func TestPrivateIsNeverPrinted(t *testing.T) {
	p := apigw.NewPrivate(secret)
	e := apigw.Event{
		Type: apigw.Message, RouteKey: "publish", ConnectionID: "C", SourceIP: p, UserAgent: p,
		Body: []byte(secret), Headers: apigw.Header{"A": {secret}}, Query: apigw.Query{"A": {secret}},
	}
	for name, v := range map[string]any{
		"Private": p, "*Private": &p, "unexported": struct{ p apigw.Private }{p}, "Event": e, "*Event": &e, "Header": e.Headers, "Query": e.Query,
	} {
		printed := everyWay(v)
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprint([]byte(secret))} {
			if strings.Contains(printed, form) {
				t.Errorf("%s prints what it holds:\n%s", name, printed)
			}
		}
	}
	if printed := fmt.Sprint(e); printed != "MESSAGE publish of C" {
		t.Errorf("an event prints as %q", printed)
	}
	alone, _ := json.Marshal(map[string]any{"p": p})
	if strings.Contains(string(alone), secret) {
		t.Errorf("JSON of the value alone: %s", alone)
	}
	if whole, _ := json.Marshal(e); !strings.Contains(string(whole), `"sourceIp":"`+secret+`"`) {
		t.Errorf("the event's JSON lacks the address")
	}
	if p.Raw() != secret {
		t.Errorf("Raw is %q", p.Raw())
	}
}
