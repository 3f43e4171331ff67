package entry_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tacet/infra/entry"
	"tacet/infra/logging"
)

// seen writes down what of a request a handler gets to see.
func seen(t *testing.T, out io.Writer, r *http.Request) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	fmt.Fprintf(out, "%s %s %s\npath %s\nquery %s\nhost %s\nfrom %s\n", r.Method, r.RequestURI, r.Proto, r.URL.Path, r.URL.RawQuery, r.Host, r.RemoteAddr)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(out, "%s: %s\n", name, strings.Join(r.Header[name], " | "))
	}
	for _, c := range r.Cookies() {
		fmt.Fprintf(out, "cookie %s is %s\n", c.Name, c.Value)
	}
	fmt.Fprintf(out, "%d bytes: %q\n", r.ContentLength, body)
}

func TestRequestsReachTheHandlerAsTheyWereMade(t *testing.T) {
	files, err := filepath.Glob("testdata/api/*.request.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			event, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			f := entry.API{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen(t, &got, r) })}
			if _, err := f.Invoke(t.Context(), event); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".request.json") + ".seen.txt"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", &got, want)
			}
		})
	}
}

const getRoot = `{"version":"2.0","rawPath":"/","headers":{},"requestContext":{"http":{"method":"GET"}}}`

// answered returns what a handler's response becomes.
func answered(t *testing.T, event string, h http.HandlerFunc) string {
	t.Helper()
	answer, err := entry.API{Handler: h}.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func TestResponsesAreWhatTheHandlerWrote(t *testing.T) {
	binary := []byte{0, 255, 16, 254}
	for name, c := range map[string]struct {
		event, want string
		handler     http.HandlerFunc
	}{
		"nothing": {getRoot, `{"statusCode":200}`, func(http.ResponseWriter, *http.Request) {}},
		"text": {getRoot, `{"statusCode":200,"body":"<é> & \"so on\""}`, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<é> & ")
			_, _ = io.WriteString(w, `"so on"`)
		}},
		"bytes": {getRoot, `{"statusCode":200,"body":"` + base64.StdEncoding.EncodeToString(binary) + `","isBase64Encoded":true}`, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(binary)
		}},
		"head": {strings.Replace(getRoot, "GET", "HEAD", 1), `{"statusCode":200,"headers":{"x":"y"}}`, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", "y")
			_, _ = io.WriteString(w, "not for HEAD")
		}},
		"status": {getRoot, `{"statusCode":404,"headers":{"content-type":"application/problem+json"},"body":"{}"}`, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNotFound)
			w.WriteHeader(http.StatusOK)
			w.Header().Set("Late", "too late")
			_, _ = io.WriteString(w, "{}")
		}},
		"cookies": {getRoot, `{"statusCode":200,"headers":{"vary":"a, b"},"cookies":["a=1","b=2; Secure"]}`, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Set-Cookie", "a=1")
			w.Header().Add("Set-Cookie", "b=2; Secure")
			w.Header().Add("Vary", "a")
			w.Header().Add("Vary", "b")
		}},
	} {
		if got := answered(t, c.event, c.handler); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestAddressesAreNowhereElseInARequest(t *testing.T) {
	event, err := os.ReadFile("testdata/api/documented.request.json")
	if err != nil {
		t.Fatal(err)
	}
	answered(t, string(event), func(_ http.ResponseWriter, r *http.Request) {
		text, err := json.Marshal(r.Header)
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{"198.51.100", "203.0.113"} {
			if strings.Contains(string(text), address) || strings.Contains(r.RequestURI, address) {
				t.Errorf("the request holds %s: %s", address, text)
			}
		}
	})
}

func TestAPITakesRequestsOnlyAndRepeatsNothing(t *testing.T) {
	for _, event := range []string{
		``, `MARKER`, `{}`, `[]`, strings.Replace(getRoot, "2.0", "1.0", 1), strings.Replace(getRoot, "GET", "", 1),
		strings.Replace(getRoot, `"headers"`, `"body":"MARKER!","isBase64Encoded":true,"headers"`, 1),
	} {
		f := entry.API{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("%s was taken", event) })}
		if _, err := f.Invoke(t.Context(), []byte(event)); err == nil || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: %v", event, err)
		}
	}
	var log bytes.Buffer
	f := entry.API{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("MARKER") }), Log: logging.New(&log, logging.JSON, slog.LevelDebug)}
	_, err := f.Invoke(t.Context(), []byte(getRoot))
	if err == nil || strings.Contains(err.Error()+log.String(), "MARKER") || !strings.Contains(log.String(), "panicked") {
		t.Errorf("got %v, %s", err, &log)
	}
}
