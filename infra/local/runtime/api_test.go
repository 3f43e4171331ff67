package runtime_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/infra/local/runtime"
)

// request invokes through the API and returns the whole answer as text, with
// what differs each time made the same.
func (r *rig) request(name, kind, body string) string {
	r.t.Helper()
	request := httptest.NewRequest("POST", "/2015-03-31/functions/"+name+"/invocations", strings.NewReader(body))
	if kind != "" {
		request.Header.Set("X-Amz-Invocation-Type", kind)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	var text strings.Builder
	fmt.Fprintf(&text, "%d\n", w.Code)
	names := []string{}
	for name := range w.Header() {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&text, "%s: %s\n", name, w.Header().Get(name))
	}
	text.WriteString("\n")
	text.Write(bytes.TrimRight(w.Body.Bytes(), "\n"))
	text.WriteString("\n")
	return constant(text.String())
}

var variable = []struct{ pattern, text string }{
	{`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`, "REQUEST-ID"},
	{`"path":"[^"]*","line":\d+,"label":"[^"]*"`, `"path":"PATH","line":0,"label":"LABEL"`},
	{`(,\{"path":"PATH","line":0,"label":"LABEL"\})+`, ""},
	{`(fork/exec )\S+`, "${1}PATH"},
}

func constant(text string) string {
	for _, v := range variable {
		text = regexp.MustCompile(v.pattern).ReplaceAllString(text, v.text)
	}
	return text
}

func TestAnswersOfTheInvokeAPIAreLambdas(t *testing.T) {
	r := newRig(t, runtime.Options{Region: "eu-west-1", AccountID: "123456789012"})
	r.function("Function", func(s *runtime.Spec) { s.Aliases = []string{"a-name-of-its-own"} })
	r.function("Hanging", func(s *runtime.Spec) { s.Timeout = 50 * time.Millisecond })
	r.function("Reserved", concurrency(-1))
	r.function("InitExits", mode("init exits"))
	r.function("InitFails", mode("init fails"))
	r.function("Raw", mode("raw"))
	for _, c := range []struct{ file, name, kind, body string }{
		{"ok", "Function", "", `{"do":"echo","text":"hello"}`},
		{"ok", "Function", "RequestResponse", `{"do":"echo","text":"hello"}`},
		{"ok", "a-name-of-its-own", "", `{"do":"echo","text":"hello"}`},
		{"ok", "Function:$LATEST", "", `{"do":"echo","text":"hello"}`},
		{"ok", "arn:aws:lambda:eu-west-1:123456789012:function:Function", "", `{"do":"echo","text":"hello"}`},
		{"ok", "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3AFunction%3Alive", "", `{"do":"echo","text":"hello"}`},
		{"ok", "123456789012:function:Function", "", `{"do":"echo","text":"hello"}`},
		{"event", "Function", "Event", `{"do":"echo"}`},
		{"dryrun", "Function", "DryRun", `{"do":"echo"}`},
		{"empty", "Raw", "", ``},
		{"error", "Function", "", `{"do":"fail"}`},
		{"panic", "Function", "", `{"do":"panic"}`},
		{"exit", "Function", "", `{"do":"exit"}`},
		{"exit-well", "Function", "", `{"do":"exit well"}`},
		{"timeout", "Hanging", "", `{"do":"hang"}`},
		{"init-exits", "InitExits", "", `{}`},
		{"init-fails", "InitFails", "", `{}`},
		{"oversized", "Raw", "", `{"do":"large"}`},
		{"oversized", "Raw", "", `{"do":"large failure"}`},
		{"broken", "Raw", "", `{"do":"break"}`},
		{"throttled", "Reserved", "", `{}`},
		{"not-found", "Nobody", "", `{}`},
		{"not-json", "Function", "", `{"do":`},
		{"not-utf8", "Function", "", "\"\xff\""},
		{"too-large", "Function", "", `"` + strings.Repeat("x", 6<<20) + `"`},
		{"too-large-event", "Function", "Event", `"` + strings.Repeat("x", 1<<20) + `"`},
		{"kind", "Function", "Sometimes", `{}`},
	} {
		t.Run(c.file, func(t *testing.T) { golden(t, c.file+".txt", r.request(c.name, c.kind, c.body)) })
	}
}

func TestOnlyInvokeIsServed(t *testing.T) {
	r := newRig(t, runtime.Options{})
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/2015-03-31/functions", nil))
	if w.Code != 404 || w.Header().Get("X-Amzn-Errortype") != "UnknownOperationException" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}
