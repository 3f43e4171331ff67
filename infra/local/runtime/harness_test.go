package runtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/aws/aws-lambda-go/lambda" // what the compiled function is made of; see readAll
	"go.uber.org/goleak"

	"tacet/infra/local/runtime"
)

var update = flag.Bool("update", false, "write the golden files anew")

// built is the folder of the compiled function.
var built string

// A host that was closed leaves no goroutine behind.
func TestMain(m *testing.M) {
	flag.Parse()
	if meet := os.Getenv(victim); meet != "" {
		die(meet)
	}
	var err error
	if built, err = os.MkdirTemp("", "tacet-runtime-"); err != nil {
		panic(err)
	}
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", filepath.Join(built, "bootstrap"), "./testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", out, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(built)
	if status == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// readAll reads every function, because only others do otherwise: the cache of
// test results knows what this process has read in its tests (not before them),
// and nothing of its children.
var readAll = sync.OnceValue(func() error {
	return filepath.WalkDir("testdata", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			_, err = os.ReadFile(path)
		}
		return err
	})
})

// rig is a host and what it says.
type rig struct {
	*runtime.Host
	t      testing.TB
	log    buffer
	output buffer
	meet   *meeting
}

// buffer is a bytes.Buffer for several goroutines. What is written to it also
// goes through written.
type buffer struct {
	mu      sync.Mutex
	b       bytes.Buffer
	written chan string
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.written <- string(p):
	default:
	}
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newRig(t testing.TB, o runtime.Options) *rig {
	t.Helper()
	r := &rig{t: t, meet: newMeeting(t)}
	r.log.written = make(chan string, 1000)
	if o.Patience == 0 {
		o.Patience = time.Hour // whoever waits in vain is to be seen
	}
	o.Output = &r.output
	o.Log = slog.New(slog.NewJSONHandler(&r.log, nil))
	h, err := runtime.New(o)
	if err := errors.Join(err, readAll()); err != nil {
		t.Fatal(err)
	}
	r.Host = h
	t.Cleanup(r.close)
	return r
}

func (r *rig) close() {
	r.meet.release()
	if err := r.Close(context.Background()); err != nil {
		r.t.Error(err)
	}
}

// function adds the compiled function; change may change its Spec.
func (r *rig) function(name string, change ...func(*runtime.Spec)) *runtime.Function {
	r.t.Helper()
	s := runtime.Spec{
		Name: name, Dir: built, Handler: "bootstrap", Runtime: "provided.al2023",
		Env: map[string]string{"MEET": r.meet.URL}, Timeout: time.Hour,
	}
	for _, f := range change {
		f(&s)
	}
	f, err := r.Add(s)
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

func mode(text string) func(*runtime.Spec) {
	return func(s *runtime.Spec) { s.Env["MODE"] = text }
}

func concurrency(n int) func(*runtime.Spec) {
	return func(s *runtime.Spec) { s.Concurrency = n }
}

// do returns the event that makes the function do something.
func do(what string, text ...string) []byte {
	event, _ := json.Marshal(map[string]string{"do": what, "text": strings.Join(text, "")})
	return event
}

// must invokes a function that must succeed.
func must(t testing.TB, f *runtime.Function, event []byte) string {
	t.Helper()
	out, err := f.Invoke(t.Context(), event)
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	return string(out)
}

// meeting is where functions wait for one another, or for the test.
type meeting struct {
	*httptest.Server
	arrived chan string // what they came to say
	left    chan string // those who stay until their process ends
	gate    chan struct{}
	once    sync.Once
}

func newMeeting(t testing.TB) *meeting {
	m := &meeting{arrived: make(chan string, 1000), left: make(chan string, 1000), gate: make(chan struct{})}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		what := r.FormValue("what")
		m.arrived <- what
		switch what {
		case "meet":
			select {
			case <-m.gate:
			case <-r.Context().Done():
			}
		case "stay":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			m.left <- what
		}
	}))
	t.Cleanup(m.Close)
	return m
}

// release lets all go that meet, and all that are yet to come.
func (m *meeting) release() { m.once.Do(func() { close(m.gate) }) }

// told waits until n have come, and returns what they said.
func (m *meeting) told(t testing.TB, n int) []string {
	t.Helper()
	return take(t, m.arrived, n)
}

// ended waits until n of those that stay have ended.
func (m *meeting) ended(t testing.TB, n int) {
	t.Helper()
	take(t, m.left, n)
}

func take(t testing.TB, from <-chan string, n int) []string {
	t.Helper()
	var all []string
	for range n {
		select {
		case what := <-from:
			all = append(all, what)
		case <-t.Context().Done():
			t.Fatalf("%d of %d", len(all), n)
		}
	}
	return all
}

// golden compares text with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		os.MkdirAll(filepath.Dir(file), 0o755)
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
