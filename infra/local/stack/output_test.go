package stack

import (
	"log/slog"
	"strings"
	"testing"
)

func TestWhatAFunctionSaysHasItsOwnLevel(t *testing.T) {
	for line, want := range map[string]string{
		`{"level":"ERROR","msg":"m"}`:           "ERROR",
		`{"level":"INFO","msg":"m"}`:            "INFO",
		`panic: something`:                      "WARN",
		`{"Messages":1,"_aws":{"Timestamp":1}}`: "DEBUG",
	} {
		var b strings.Builder
		o := output{slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		if n, err := o.Write([]byte("Api | " + line + "\n")); err != nil || n == 0 {
			t.Errorf("%d, %v", n, err)
		}
		if got := b.String(); !strings.Contains(got, "level="+want+" ") || !strings.Contains(got, "function=Api") {
			t.Errorf("%s: %s", line, got)
		}
	}
}
