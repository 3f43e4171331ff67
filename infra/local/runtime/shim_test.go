package runtime_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"tacet/infra/local/runtime"
)

func node(handler string) func(*runtime.Spec) {
	return func(s *runtime.Spec) { s.Dir, s.Runtime, s.Handler = "testdata/node", "nodejs24.x", handler }
}

func python(handler string) func(*runtime.Spec) {
	return func(s *runtime.Spec) { s.Dir, s.Runtime, s.Handler = "testdata/python", "python3.14", handler }
}

var frames = []struct{ pattern, text string }{
	{`\n +at .*`, ""},
	{`,"   ? ?at [^"]*"`, ""},
	{`File \\"[^"]*\\", line \d+`, `File PATH`},
	{`file:///\S*/|/\S*/testdata/`, "/"},
}

func TestHandlersOfOtherLanguagesAnswerAsOnLambda(t *testing.T) {
	r := newRig(t, runtime.Options{Region: "eu-west-1", AccountID: "123456789012"})
	for name, language := range map[string]func(*runtime.Spec){
		"NodeModule":      node("app.handler"),
		"NodeDeep":        node("app.deep.down"),
		"NodeCommon":      node("old.handler"),
		"NodeNoFile":      node("nobody.handler"),
		"NodeNoHandler":   node("app.nobody"),
		"NodeNoFunction":  node("app.constant"),
		"NodeBadName":     node("app"),
		"NodeBroken":      node("broken.handler"),
		"NodeMissing":     node("missing.handler"),
		"PythonModule":    python("app.lambda_handler"),
		"PythonDeep":      python("inner.deep.handler"),
		"PythonDeepPath":  python("inner/deep.handler"),
		"PythonNoFile":    python("nobody.lambda_handler"),
		"PythonNoHandler": python("app.nobody"),
		"PythonBadName":   python("app"),
		"PythonBroken":    python("broken.lambda_handler"),
		"PythonMissing":   python("missing.lambda_handler"),
	} {
		r.function(name, language)
	}
	for _, c := range []struct{ file, name, body string }{
		{"node-echo", "NodeModule", `{"do":"echo","text":"ü\u2028"}`},
		{"node-fail", "NodeModule", `{"do":"fail"}`},
		{"node-fail-word", "NodeModule", `{"do":"fail with a word"}`},
		{"node-context", "NodeModule", `{"do":"context"}`},
		{"node-undefined", "NodeModule", `{"do":"say"}`},
		{"node-uncaught", "NodeModule", `{"do":"later"}`},
		{"node-unhandled", "NodeModule", `{"do":"reject"}`},
		{"node-deep", "NodeDeep", `{}`},
		{"node-common-echo", "NodeCommon", `{"do":"echo"}`},
		{"node-common-fail", "NodeCommon", `{"do":"fail"}`},
		{"node-common-error", "NodeCommon", `{"do":"fail with an error"}`},
		{"node-common-succeed", "NodeCommon", `{"do":"succeed"}`},
		{"node-common-nothing", "NodeCommon", `{"do":"nothing"}`},
		{"node-no-file", "NodeNoFile", `{}`},
		{"node-no-handler", "NodeNoHandler", `{}`},
		{"node-no-function", "NodeNoFunction", `{}`},
		{"node-bad-name", "NodeBadName", `{}`},
		{"node-broken", "NodeBroken", `{}`},
		{"node-missing", "NodeMissing", `{}`},
		{"python-echo", "PythonModule", `{"do":"echo","text":"ü"}`},
		{"python-fail", "PythonModule", `{"do":"fail"}`},
		{"python-unserialisable", "PythonModule", `{"do":"unserialisable"}`},
		{"python-context", "PythonModule", `{"do":"context"}`},
		{"python-none", "PythonModule", `{"do":"say"}`},
		{"python-exit", "PythonModule", `{"do":"exit"}`},
		{"python-deep", "PythonDeep", `{}`},
		{"python-deep", "PythonDeepPath", `{}`},
		{"python-no-file", "PythonNoFile", `{}`},
		{"python-no-handler", "PythonNoHandler", `{}`},
		{"python-bad-name", "PythonBadName", `{}`},
		{"python-broken", "PythonBroken", `{}`},
		{"python-missing", "PythonMissing", `{}`},
	} {
		t.Run(c.file, func(t *testing.T) {
			_, got, _ := strings.Cut(r.request(c.name, "", c.body), "X-Amz-Executed-Version: $LATEST\n")
			for _, f := range frames {
				got = regexp.MustCompile(f.pattern).ReplaceAllString(got, f.text)
			}
			golden(t, c.file+".txt", got)
		})
	}
	for _, line := range []string{"NodeModule | from Node\n", "PythonModule | from Python\n"} {
		if !strings.Contains(r.output.String(), line) {
			t.Errorf("%q is not in the output: %s", line, &r.output)
		}
	}
}

func TestAnInterpreterHandlesManyEvents(t *testing.T) {
	r := newRig(t, runtime.Options{})
	for name, language := range map[string]func(*runtime.Spec){"Node": node("app.handler"), "Python": python("app.lambda_handler")} {
		f := r.function(name, language)
		for i := range 5 {
			event, _ := json.Marshal(map[string]any{"n": i, "large": strings.Repeat("x", 100_000)})
			var got, want any
			json.Unmarshal([]byte(must(t, f, event)), &got)
			json.Unmarshal(event, &want)
			if len(got.(map[string]any)) != 2 || got.(map[string]any)["n"] != want.(map[string]any)["n"] {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
	if cold := strings.Count(r.log.String(), `"cold":true`); cold != 2 {
		t.Errorf("%d cold starts", cold)
	}
}
