//go:build !wasm

// Package core_test holds the rule that core is pure: it compiles and passes its own tests as WebAssembly, and asks
// neither the network nor files, nor the clock, nor the environment. Only direct uses can be forbidden: package fmt
// itself depends on os.
package core_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// ban is a rule: core mentions none of these, and why.
type ban struct {
	what    []string // import paths, "os/..." with all that is below; or names, "time.Now"
	but     []string // import paths that are allowed all the same
	because string
}

var imports = []ban{
	{what: []string{"tacet/infra/...", "tacet/functions/..."}, because: "core decides, infra does, functions start: nothing leaves core"},
	{what: []string{"os/...", "io/ioutil", "embed", "flag", "plugin", "syscall/..."}, because: "core has no files, processes and environment; what it needs to know is an argument"},
	{what: []string{"net/...", "crypto/tls"}, but: []string{"net/netip", "net/url"}, because: "core has no sockets, and a transport's types would tie it to one"},
	{what: []string{"log/..."}, but: []string{"log/slog"}, because: "core is silent: it returns what happened, and the caller writes one record; log/slog is there for LogValuer"},
	{what: []string{"crypto/rand"}, because: "ids and nonces are given to core, so that a test can give the same ones twice"},
}

var uses = []ban{
	{
		what:    []string{"time.Now", "time.Since", "time.Until"},
		because: "core is told what time it is: pass now",
	},
	{
		what: []string{
			"time.After", "time.AfterFunc", "time.NewTimer", "time.NewTicker", "time.Sleep", "time.Tick",
			"context.WithDeadline", "context.WithDeadlineCause", "context.WithTimeout", "context.WithTimeoutCause",
		},
		because: "core waits for nothing: whoever calls it owns the timers and the deadlines",
	},
	{
		what:    []string{"slog.Default", "slog.SetDefault", "slog.Debug", "slog.Info", "slog.Warn", "slog.Error", "slog.Log"},
		because: "core is silent: it returns what happened, and the caller writes one record",
	},
}

// Modules that core may import. What these reach is theirs.
var (
	modules     = []string{"github.com/golang-jwt/jwt/v5", "github.com/jedisct1/go-ipcrypt"}
	testModules = []string{"github.com/google/go-cmp", "pgregory.net/rapid"}
)

func TestCoreNeitherImportsNorUsesTheWorld(t *testing.T) {
	for _, s := range readCore(t) {
		for _, v := range violations(s) {
			t.Error(v)
		}
	}
}

func TestCoreReachesOnlyModulesOnTheList(t *testing.T) {
	// The test cache does not see what the go command reads. This test reads it as well, so that a change of any of
	// it makes the remembered result worthless.
	var folders []string
	for _, s := range readCore(t) {
		if !s.test && !s.forTests {
			folders = append(folders, "./"+path.Dir(s.name))
		}
	}
	folders = slices.Compact(folders)
	for _, name := range []string{"../go.mod", "../go.sum"} {
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}

	for _, goos := range []string{"js", "wasip1"} {
		t.Run(goos, func(t *testing.T) {
			for _, v := range unlisted(closure(t, goos, folders)) {
				t.Error(v)
			}
		})
	}
}

// closure returns "module package" for every package that core's own packages reach on the target, tests apart;
// packages of the standard library have no module.
func closure(t *testing.T, goos string, folders []string) []string {
	t.Helper()
	args := []string{"list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}} {{.ImportPath}}"}
	cmd := exec.Command("go", append(args, folders...)...)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=wasm")
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		t.Fatalf("go list: %s", failed.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// unlisted returns those packages of a closure that are neither of the standard library, nor core's, nor of a module on
// the list.
func unlisted(closure []string) []string {
	var found []string
	for _, line := range closure {
		module, pkg, _ := strings.Cut(line, " ")
		if module != "" && !within(pkg, "tacet/core") && !slices.Contains(modules, module) {
			found = append(found, fmt.Sprintf("core reaches %s of module %s, which is not on the list; 'go mod why %s' tells the way", pkg, module, pkg))
		}
	}
	return found
}

func TestViolationsAreSeen(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a.go", `import "os"`, "files, processes and environment"},
		{"a.go", `import "os/exec"`, "files, processes and environment"},
		{"a.go", `import _ "embed"`, "files, processes and environment"},
		{"a.go", `import "net"`, "no sockets"},
		{"a.go", `import "net/http/httptest"`, "no sockets"},
		{"a.go", `import "net/netip"`, ""},
		{"a.go", `import "log"`, "core is silent"},
		{"a.go", `import "log/slog"`, ""},
		{"a.go", `import "crypto/rand"`, "ids and nonces are given"},
		{"a.go", `import "tacet/infra/dynamo"`, "nothing leaves core"},
		{"a.go", `import "tacet/core/topic"`, ""},
		{"a.go", `import "time"; var now = time.Now`, "pass now"},
		{"a.go", `import clock "time"; var age = clock.Since(clock.Time{})`, "a.go:1 uses time.Since"},
		{"a.go", `import . "time"; var now = Now()`, "with a dot"},
		{"a.go", `import "time"; func f() { time.Sleep(1) }`, "waits for nothing"},
		{"a.go", `import "context"; func f(ctx context.Context) { context.WithTimeout(ctx, 1) }`, "waits for nothing"},
		{"a.go", `import "log/slog"; func f() { slog.Info("") }`, "core is silent"},
		{"a.go", `import "time"; func f(time struct{ Now int }) int { return time.Now }`, ""},
		{"a.go", `import "time"; const day = 24 * time.Hour`, ""},
		{"a.go", `import "github.com/aws/aws-sdk-go-v2/aws"`, "not on the list"},
		{"a.go", `import "github.com/golang-jwt/jwt/v5"`, ""},
		{"a.go", `import "github.com/golang-jwt/jwt/v55"`, "not on the list"},
		{"a.go", `import "pgregory.net/rapid"`, "not on the list"},
		{"a_test.go", `import "pgregory.net/rapid"`, ""},
		{"a_test.go", `import "github.com/stretchr/testify/assert"`, "not on the list"},
		{"a_test.go", `import "os"`, ""},
		{"pubsub/pubsubtest/a.go", `import "pgregory.net/rapid"`, ""},
		{"pubsub/pubsubtest/a.go", `import "os"`, "files, processes and environment"},
	} {
		t.Run(c.name+" "+c.text, func(t *testing.T) {
			s, err := parse(c.name, "package a; "+c.text)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(violations(s), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}

func TestAnUnlistedModuleIsSeenHoweverFarAway(t *testing.T) {
	got := unlisted([]string{
		" fmt", "tacet tacet/core/wire", "github.com/golang-jwt/jwt/v5 github.com/golang-jwt/jwt/v5",
		"tacet tacet/infra/apigw", "example.org/far example.org/far/away",
	})
	if len(got) != 2 || !strings.Contains(got[0], "tacet/infra/apigw") || !strings.Contains(got[1], "example.org/far/away") {
		t.Errorf("got %q", got)
	}
}
