package apigw_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tacet/infra/apigw"
)

var update = flag.Bool("update", false, "write the golden files")

// samples are events of each type, by the name of their golden file. The
// values are invented.
func samples() map[string]apigw.Event {
	base := apigw.Event{
		ConnectionID: "QkFTRTY0VVICaaA=", RequestID: "QkFTRTY0VVIFaaA=",
		APIID: "abc123", Stage: "prod", DomainName: "abc123.execute-api.us-east-1.amazonaws.com",
		ConnectedAt: 1795428000000, RequestTime: 1795428000004,
		SourceIP: apigw.NewPrivate("203.0.113.9"), UserAgent: apigw.NewPrivate("test/1"),
	}
	as := func(kind apigw.EventType, route string, more func(*apigw.Event)) apigw.Event {
		e := base
		e.Type, e.RouteKey = kind, route
		more(&e)
		return e
	}
	header := func() apigw.Header {
		return apigw.Header{
			"Host": {base.DomainName}, "Origin": {"https://app.example"}, "Sec-WebSocket-Protocol": {"ps.v1, tok"},
			"X-Twice": {"1", "2"}, "X-Forwarded-For": {"203.0.113.9"}, "X-Forwarded-Port": {"443"}, "X-Forwarded-Proto": {"https"},
		}
	}
	authorizer := &apigw.AuthorizerContext{PrincipalID: "user-1", Context: map[string]string{"plan": "pro", "limit": "5"}}
	return map[string]apigw.Event{
		"connect": as(apigw.Connect, "$connect", func(e *apigw.Event) {
			e.Headers, e.Query = header(), apigw.Query{"t": {"1"}, "twice": {"a", "b"}}
		}),
		"connect-bare": as(apigw.Connect, "$connect", func(e *apigw.Event) {
			e.Headers, e.UserAgent = apigw.Header{"Host": {base.DomainName}}, apigw.Private{}
		}),
		"connect-authorized": as(apigw.Connect, "$connect", func(e *apigw.Event) {
			with := *authorizer
			with.Latency = 42
			e.Headers, e.Authorizer = apigw.Header{"Host": {base.DomainName}}, &with
			e.StageVariables = map[string]string{"colour": "blue"}
		}),
		"message": as(apigw.Message, "publish", func(e *apigw.Event) {
			e.MessageID, e.Body = "QkFTRTY0VVICaaA=", []byte("{\"action\":\"publish\",\"text\":\"\\u00e9 é <&> \u2028 \x01\t\r\n\"}")
		}),
		"message-empty": as(apigw.Message, "$default", func(e *apigw.Event) {
			e.MessageID, e.Body, e.Authorizer = "QkFTRTY0VVICaaA=", []byte{}, authorizer
			e.StageVariables = map[string]string{"colour": "blue"}
		}),
		"disconnect": as(apigw.Disconnect, "$disconnect", func(e *apigw.Event) {
			e.Headers = apigw.Header{"Host": {base.DomainName}, "x-api-key": {""}, "X-Forwarded-For": {""}, "x-restapi": {""}}
			e.DisconnectCode = 1001
		}),
		"disconnect-authorized": as(apigw.Disconnect, "$disconnect", func(e *apigw.Event) {
			e.Headers = apigw.Header{"Host": {base.DomainName}, "x-api-key": {""}, "X-Forwarded-For": {""}, "x-restapi": {""}}
			e.DisconnectCode, e.DisconnectReason, e.Authorizer = 1000, "Connection Closed Normally", authorizer
		}),
		"authorizer": as(apigw.Authorize, "$connect", func(e *apigw.Event) {
			e.MethodARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/$connect"
			e.Headers, e.Query = header(), apigw.Query{"t": {"1"}}
			e.Headers["content-length"] = []string{"0"}
		}),
		"authorizer-bare": as(apigw.Authorize, "$connect", func(e *apigw.Event) {
			e.MethodARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/$connect"
			e.Headers = apigw.Header{"Host": {base.DomainName}}
		}),
	}
}

// T-EV-01 to T-EV-04, T-EV-05, T-EV-08, T-EV-09: which keys each type has is in
// the golden files, to be read as a diff.
func TestEventsHaveExactlyTheKeysOfTheGoldenFiles(t *testing.T) {
	for name, e := range samples() {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := json.Indent(&got, e.AppendJSON(nil), "", "  "); err != nil {
				t.Fatalf("no JSON: %v", err)
			}
			got.WriteByte('\n')
			file := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("golden file, then what is written:\n%s", diff)
			}
		})
	}
}

var equal = cmp.Options{cmp.Comparer(func(a, b apigw.Private) bool { return a == b }), cmpopts.EquateEmpty()}

func TestDecodeReadsBackWhatAppendJSONWrites(t *testing.T) {
	for name, e := range samples() {
		got, err := apigw.Decode(e.AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got, equal); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// T-EV-12.
func TestTheStructOfAwsLambdaGoLosesNothingThatWeNeed(t *testing.T) {
	for name, e := range samples() {
		if e.Type == apigw.Authorize {
			continue // it has no type for that
		}
		var theirs events.APIGatewayWebsocketProxyRequest
		if err := json.Unmarshal(e.AppendJSON(nil), &theirs); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		back, err := json.Marshal(theirs)
		if err != nil {
			t.Fatal(err)
		}
		got, err := apigw.Decode(back)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got, equal); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestDecodeIsLenient(t *testing.T) {
	e, err := apigw.Decode([]byte(`{"version":"9","headers":{"aUTH":"x"},"queryStringParameters":{"t":"1"},
		"requestContext":{"eventType":"CONNECT","new":{"a":[1]},"messageId":null,
		"authorizer":{"principalId":"p","integrationLatency":"42","n":1.5,"b":true,"s":"x","o":{},"z":null}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if e.Headers.Get("Auth") != "x" || e.Query.Get("t") != "1" || e.Type != apigw.Connect {
		t.Errorf("headers %q, query %q, type %s", e.Headers.Get("Auth"), e.Query.Get("t"), e.Type)
	}
	want := &apigw.AuthorizerContext{PrincipalID: "p", Context: map[string]string{"n": "1.5", "b": "true", "s": "x"}}
	if diff := cmp.Diff(want, e.Authorizer); diff != "" {
		t.Error(diff)
	}
}

// What an event holds must not get into a log by way of an error.
func TestDecodeErrorsDoNotQuoteTheInput(t *testing.T) {
	for _, in := range []string{`SECRET`, `{"body":5550123}`, `{"body":SECRET}`, `{"body":{"a":"SECRET"}}`, `{"requestContext":"SECRET"}`, `"SECRET"`, ``} {
		_, err := apigw.Decode([]byte(in))
		if err == nil {
			t.Errorf("%q was accepted", in)
		} else if text := err.Error(); strings.Contains(text, "SECRET") || strings.Contains(text, "5550123") {
			t.Errorf("%v", err)
		}
	}
}

// FuzzString runs the string encoder and encoding/json over the same input.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "a", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "é\u2028\u2029😀", "\xff\xc3\x28\xed\xa0\x80", "\xe2\x28"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := apigw.Event{Type: apigw.Message, Body: []byte(s)}
		got, err := apigw.Decode(e.AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		reference, _ := json.Marshal(s)
		var want string
		json.Unmarshal(reference, &want)
		if string(got.Body) != want {
			t.Errorf("%q, want %q", got.Body, want)
		}
	})
}

func BenchmarkEncodeMessage(b *testing.B) {
	e := samples()["message"]
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = e.AppendJSON(buf[:0])
	}
}
