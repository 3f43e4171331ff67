package runtime_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tacet/infra/local/runtime"
)

// BenchmarkInvoke compares what a warm invocation costs: in the same process,
// through the Runtime API, and through the Invoke API before that.
func BenchmarkInvoke(b *testing.B) {
	event := do("echo", strings.Repeat("x", 500))
	b.Run("in process", func(b *testing.B) {
		for b.Loop() { // what the function's own side does
			var e struct{ Do, Text string }
			if err := json.Unmarshal(event, &e); err != nil {
				b.Fatal(err)
			}
			if _, err := json.Marshal(e.Text); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, language := range map[string]func(*runtime.Spec){"go": nil, "node": node("app.handler"), "python": python("app.lambda_handler")} {
		b.Run("runtime/"+name, func(b *testing.B) {
			r := newRig(b, runtime.Options{})
			f := r.inLanguage("Function", language)
			must(b, f, event)
			for b.Loop() {
				must(b, f, event)
			}
		})
	}
	b.Run("invoke API", func(b *testing.B) {
		r := newRig(b, runtime.Options{})
		r.function("Function")
		server := httptest.NewServer(r)
		defer server.Close()
		for b.Loop() {
			response, err := http.Post(server.URL+"/2015-03-31/functions/Function/invocations", "application/json", strings.NewReader(string(event)))
			if err != nil || response.StatusCode != 200 {
				b.Fatal(err)
			}
			response.Body.Close()
		}
	})
}

func (r *rig) inLanguage(name string, language func(*runtime.Spec)) *runtime.Function {
	if language == nil {
		return r.function(name)
	}
	return r.function(name, language)
}

// BenchmarkColdStart is from the call to the answer of an instance that has to
// be started.
func BenchmarkColdStart(b *testing.B) {
	for name, language := range map[string]func(*runtime.Spec){"go": nil, "node": node("app.handler"), "python": python("app.lambda_handler")} {
		b.Run(name, func(b *testing.B) {
			r := newRig(b, runtime.Options{Instances: 1})
			// Each makes room for the other.
			functions := [2]*runtime.Function{r.inLanguage("A", language), r.inLanguage("B", language)}
			for n := 0; b.Loop(); n++ {
				must(b, functions[n%2], do("echo"))
			}
		})
	}
}
