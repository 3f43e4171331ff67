package entry_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/entry"
	"tacet/infra/logging"
)

// half is a poster that reaches the first half of its receivers; of the others
// the first is gone.
type half struct{ posted []wire.Frame }

func (h *half) Post(_ context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	h.posted = append(h.posted, f)
	n := (len(to) + 1) / 2
	p := pubsub.Posted{Delivered: n}
	if rest := to[n:]; len(rest) > 0 {
		p.Gone, p.Failed = rest[:1], rest[1:]
	}
	return p
}

func (*half) Close(context.Context, wire.ConnID, wire.Code, string) error { return nil }

// Each sample stands for an event of a fan-out that is on its way between two
// versions of the program: what is in the files cannot change in one of them.
func TestFanoutAnswersSampleParcelsAsReviewed(t *testing.T) {
	files, err := filepath.Glob("testdata/fanout/*.parcel.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".parcel.json")
		t.Run(filepath.Base(name), func(t *testing.T) {
			event, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			poster := &half{}
			receipt, err := entry.Fanout{Poster: poster, Log: logging.New(&log, logging.JSON, slog.LevelDebug)}.Invoke(t.Context(), event)
			text := string(receipt)
			if err != nil {
				text = "error: " + err.Error()
			}
			for _, f := range poster.posted {
				if text += "\nposted: " + string(f.JSON); f.Binary {
					text += " (binary)"
				}
			}
			text += "\n"
			if *update {
				if err := os.WriteFile(name+".answer.txt", []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ".answer.txt")
			if err != nil {
				t.Fatal(err)
			}
			if text != string(want) {
				t.Errorf("got  %s\nwant %s", text, want)
			}
			if strings.Contains(log.String(), "MARKER") || strings.HasPrefix(text, "error") && strings.Contains(text, "MARKER") {
				t.Errorf("a message is in the log or the error: %s%s", &log, text)
			}
			record := map[string]any{}
			if len(poster.posted) > 0 && json.Unmarshal([]byte(log.String()), &record) != nil {
				t.Errorf("not one record: %s", &log)
			}
		})
	}
}

// waits is a poster that takes all the time that it is given.
type waits struct{ half }

func (*waits) Post(ctx context.Context, to []wire.ConnID, _ wire.Frame) pubsub.Posted {
	<-ctx.Done()
	return pubsub.Posted{Failed: to}
}

// Who was not reached when the sender stops waiting is counted as failed, so
// nobody may be reached after that.
func TestFanoutStopsWhenItsSenderDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		until, err := json.Marshal(begun.Add(3 * time.Second).UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		event := `{"connections":["a"],"frame":"e30=","until":` + string(until) + `}`
		if _, err := (entry.Fanout{Poster: &waits{}}).Invoke(ctx, []byte(event)); err != nil || time.Since(begun) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

type panicking struct{ half }

func (*panicking) Post(context.Context, []wire.ConnID, wire.Frame) pubsub.Posted { panic("MARKER") }

func TestAPanicOfAFanoutSaysNothing(t *testing.T) {
	var log strings.Builder
	f := entry.Fanout{Poster: &panicking{}, Log: logging.New(&log, logging.JSON, slog.LevelDebug)}
	if _, err := f.Invoke(t.Context(), []byte(`{"connections":["a"],"frame":"e30="}`)); err == nil || strings.Contains(err.Error()+log.String(), "MARKER") {
		t.Errorf("%v, %s", err, &log)
	}
	if !strings.Contains(log.String(), "panic") {
		t.Errorf("the log: %s", &log)
	}
}
