package platform_test

import (
	"archive/zip"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkColdStart starts each function as Lambda does, and the least that a
// function with AWS's own clients is, and says how long it takes until it asks
// for its first event, and how large it is zipped.
func BenchmarkColdStart(b *testing.B) {
	next := make(chan time.Time, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	release := make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		next <- time.Now()
		select { // there is no event
		case <-r.Context().Done():
		case <-release:
		}
	})}
	go func() { _ = server.Serve(l) }()
	b.Cleanup(func() { close(release); _ = server.Close() })
	env := []string{
		"AWS_LAMBDA_RUNTIME_API=" + l.Addr().String(), "AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret",
		"TACET_NODE=here", "TACET_REALTIME_TABLE=r", "TACET_TELEMETRY_TABLE=t", "TACET_DIRECTORY_TABLE=d", "TACET_VAULT_TABLE=v", "TACET_LEDGER_TABLE=l",
		"TACET_MASTER_KEYS=k", "TACET_WELCOME_FUNCTION=w", "TACET_FANOUT_FUNCTION=f", "TACET_ERASE_FUNCTION=e", "TACET_CONNECTIONS_URL=https://id.example/v1",
	}
	dir := b.TempDir()
	build(b, dir, "./testdata/baseline")
	for name := range makers {
		build(b, dir, "../../functions/"+name)
	}
	for _, name := range append([]string{"baseline"}, slices.Sorted(maps.Keys(makers))...) {
		program := filepath.Join(dir, name)
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				process := exec.Command(program)
				process.Env = env
				began := time.Now()
				if err := process.Start(); err != nil {
					b.Fatal(err)
				}
				select {
				case polled := <-next:
					took = append(took, polled.Sub(began))
				case <-time.After(time.Minute):
					b.Fatal(name + " does not start: does it lack a variable?")
				}
				_ = process.Process.Kill()
				_ = process.Wait() // it was killed, and says so
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-to-poll")
			b.ReportMetric(float64(took[0].Microseconds())/1000, "ms-best")
			b.ReportMetric(zipped(b, program), "MB-zip")
		})
	}
}

func build(b *testing.B, dir, command string) {
	b.Helper()
	c := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", dir, command)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%s: %s", command, out)
	}
}

// zipped returns the size that a program has as a package of Lambda, in MB.
func zipped(b *testing.B, program string) float64 {
	b.Helper()
	var size counter
	f, err := os.Open(program)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(&size)
	w, err := z.Create("bootstrap")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(w, f); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	return float64(size) / 1e6
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
