package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"tacet/infra/logging"
)

var formats = []logging.Format{logging.Text, logging.JSON}

func TestHandlerIsAHandler(t *testing.T) {
	var b bytes.Buffer
	h := logging.New(&b, logging.JSON, nil).Handler()
	err := slogtest.TestHandler(h, func() []map[string]any {
		var records []map[string]any
		for line := range strings.Lines(b.String()) {
			record := map[string]any{}
			if err := json.Unmarshal([]byte(line), &record); err != nil {
				t.Fatal(err)
			}
			records = append(records, record)
		}
		return records
	})
	if err != nil {
		t.Error(err)
	}
}

// with returns a record as one line, without its time.
func with(ctx context.Context, f logging.Format, log func(context.Context, *slog.Logger)) string {
	var b bytes.Buffer
	log(ctx, logging.New(&b, f, slog.LevelDebug))
	line := strings.TrimSpace(b.String())
	if f == logging.JSON {
		_, line, _ = strings.Cut(line, `,`)
		return "{" + line
	}
	_, line, _ = strings.Cut(line, ` `)
	return line
}

type key struct{}

func TestIDsOfTheRequestStandAtTheTop(t *testing.T) {
	ids := logging.With(t.Context(), logging.IDs{Request: "r1", Connection: "c1="})
	for name, c := range map[string]struct {
		ctx  context.Context
		log  func(context.Context, *slog.Logger)
		want string
	}{
		"plain": {
			ids, func(ctx context.Context, l *slog.Logger) { l.InfoContext(ctx, "m", "a", 1) },
			`{"level":"INFO","msg":"m","request":"r1","connection":"c1=","a":1}`,
		},
		"none": {
			t.Context(), func(ctx context.Context, l *slog.Logger) { l.InfoContext(ctx, "m", "a", 1) },
			`{"level":"INFO","msg":"m","a":1}`,
		},
		"one": {
			logging.With(ids, logging.IDs{Connection: "c2="}), func(ctx context.Context, l *slog.Logger) { l.InfoContext(ctx, "m") },
			`{"level":"INFO","msg":"m","connection":"c2="}`,
		},
		"deeper context": {
			context.WithValue(ids, key{}, "v"), func(ctx context.Context, l *slog.Logger) { l.InfoContext(ctx, "m") },
			`{"level":"INFO","msg":"m","request":"r1","connection":"c1="}`,
		},
		"within groups": {ids, func(ctx context.Context, l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("").WithGroup("h").With("c", 3).InfoContext(ctx, "m", "d", 4)
		}, `{"level":"INFO","msg":"m","a":1,"request":"r1","connection":"c1=","g":{"b":2,"h":{"c":3,"d":4}}}`},
		"groups without ids": {t.Context(), func(ctx context.Context, l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").InfoContext(ctx, "m", "d", 4)
		}, `{"level":"INFO","msg":"m","a":1,"g":{"b":2,"h":{"d":4}}}`},
	} {
		if got := with(c.ctx, logging.JSON, c.log); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestContextWithIDsIsStillItsParent(t *testing.T) {
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "v"))
	ctx := logging.With(parent, logging.IDs{Request: "r"})
	cancel()
	if ctx.Err() == nil || ctx.Value(key{}) != "v" {
		t.Error("the parent's end or values are lost")
	}
}

func TestPlainValuesAreWrittenAndOthersAreNamed(t *testing.T) {
	type shape struct{ Text string }
	log := func(_ context.Context, l *slog.Logger) {
		l.Info("m", "text", "t", "number", 1.5, "yes", true, "for", time.Second, "error", errors.New("e"), "nil", nil,
			"struct", shape{"MARKER"}, "pointer", &shape{"MARKER"}, "bytes", []byte("MARKER"), "map", map[string]string{"k": "MARKER"}, slog.Group("g", "in", shape{"MARKER"}))
	}
	if got, want := with(t.Context(), logging.JSON, log), `{"level":"INFO","msg":"m","text":"t","number":1.5,"yes":true,"for":1000000000,"error":"e","nil":null,`+
		`"struct":"(logging_test.shape)","pointer":"(*logging_test.shape)","bytes":"([]uint8)","map":"(map[string]string)","g":{"in":"(logging_test.shape)"}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := with(t.Context(), logging.Text, log), `level=INFO msg=m text=t number=1.5 yes=true for=1s error=e nil=<nil> `+
		`struct=(logging_test.shape) pointer=(*logging_test.shape) bytes=([]uint8) map=(map[string]string) g.in=(logging_test.shape)`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

type cursed struct{}

func (*cursed) Error() string                { panic("MARKER") }
func (*cursed) MarshalJSON() ([]byte, error) { return []byte(`"MARKER"`), nil }

func TestAnErrorIsWrittenAsItsText(t *testing.T) {
	for _, f := range formats {
		got := with(t.Context(), f, func(_ context.Context, l *slog.Logger) { l.Info("m", "error", error(&cursed{})) })
		if !strings.Contains(got, "(*logging_test.cursed)") || strings.Contains(got, "MARKER") {
			t.Errorf("%s: %s", f, got)
		}
	}
}

func TestLevelAndFormatAreChosen(t *testing.T) {
	var b bytes.Buffer
	level := new(slog.LevelVar)
	l := logging.New(&b, logging.Auto, level)
	l.Debug("unheard")
	level.Set(slog.LevelDebug)
	l.Debug("heard")
	if got := b.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "{") || !strings.Contains(got, "heard") {
		t.Errorf("got %s", got)
	}
	file, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	logging.New(file, logging.Auto, nil).Info("m")
	if text, err := os.ReadFile(file.Name()); err != nil || !strings.HasPrefix(string(text), "{") {
		t.Errorf("a file gets %s: %v", text, err)
	}
}

func TestNamesOfLevelsAndFormats(t *testing.T) {
	for name, want := range map[string]slog.Level{"": slog.LevelInfo, "debug": slog.LevelDebug, "WARN": slog.LevelWarn, "info+2": 2} {
		if got, err := logging.ParseLevel(name); err != nil || got != want {
			t.Errorf("level %q: %v, %v", name, got, err)
		}
	}
	for name, want := range map[string]logging.Format{"": logging.Auto, "auto": logging.Auto, "Text": logging.Text, "json": logging.JSON} {
		if got, err := logging.ParseFormat(name); err != nil || got != want {
			t.Errorf("format %q: %v, %v", name, got, err)
		}
	}
	if _, err := logging.ParseLevel("loud"); err == nil {
		t.Error("there is no level loud")
	}
	if _, err := logging.ParseFormat("xml"); err == nil {
		t.Error("there is no format xml")
	}
}

func TestPanicIsWrittenAsItsTypeAndPlace(t *testing.T) {
	for name, c := range map[string]struct {
		throw func()
		want  string
	}{
		"value":   {func() { panic("MARKER") }, `{"type":"string","at":"tacet/infra/logging_test.TestPanicIsWrittenAsItsTypeAndPlace.func1 `},
		"error":   {func() { panic(errors.New("MARKER")) }, `{"type":"*errors.errorString","at":"tacet/infra/logging_test.`},
		"runtime": {func() { _ = marker[len(marker)*min(len(os.Args), 1)] }, `{"type":"runtime.boundsError","at":"tacet/infra/logging_test.`},
	} {
		got := with(t.Context(), logging.JSON, func(ctx context.Context, l *slog.Logger) {
			defer func() { l.LogAttrs(ctx, slog.LevelError, "m", logging.Panic(recover())) }()
			c.throw()
		})
		if !strings.Contains(got, `"panic":`+c.want) || strings.Contains(got, "MARKER") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
