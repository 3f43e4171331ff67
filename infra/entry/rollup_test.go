package entry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"tacet/core/app"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
	"tacet/infra/entry"
	"tacet/infra/logging"
)

// The parts that the sample is about, and its records.
var (
	partA = telemetry.Part{App: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Number: 3}
	partB = telemetry.Part{App: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", Number: 0}
)

const (
	firstOfA = "4421584500000000017450439091"
	firstOfB = "4421584500000000017450439094"
)

// place knows the keys of the sample.
func place(keys map[string]string) (telemetry.Part, time.Time, bool) {
	of, number, ok := strings.Cut(strings.TrimPrefix(keys["pk"], "e#"), "#")
	text, _, _ := strings.Cut(keys["sk"], "#")
	at, err := time.Parse(time.RFC3339, text)
	if !strings.HasPrefix(keys["pk"], "e#") || !ok || err != nil {
		return telemetry.Part{}, time.Time{}, false
	}
	return telemetry.Part{App: app.ID(of), Number: int(number[0] - '0')}, at, true
}

// shelves are a store that may fail for one part.
type shelves struct {
	telemetrytest.Memory
	fails     telemetry.Part
	err       error
	panics    bool
	deadlines []time.Time
}

func (s *shelves) Closed(ctx context.Context, p telemetry.Part) (time.Time, error) {
	if end, ok := ctx.Deadline(); ok {
		s.deadlines = append(s.deadlines, end)
	}
	if p == s.fails && s.panics {
		panic("MARKER")
	}
	if p == s.fails && s.err != nil {
		return time.Time{}, s.err
	}
	return s.Memory.Closed(ctx, p)
}

// rollup returns the function on a store with an event that is to be counted in
// each part, and what it logs.
func rollup(s *shelves) (entry.Rollup, *bytes.Buffer) {
	at := time.Date(2026, 3, 14, 12, 1, 30, 0, time.UTC)
	for _, p := range []telemetry.Part{partA, partB} {
		s.Write(p, telemetry.Record{Event: telemetry.Event{App: p.App, Topic: "t", At: at}, Expires: at.Add(time.Hour)})
	}
	log := new(bytes.Buffer)
	return entry.Rollup{
		Store: s, Place: place, Now: func() time.Time { return at.Add(3 * time.Minute) },
		Log: logging.New(log, logging.JSON, slog.LevelInfo),
	}, log
}

func sampleBatch(t *testing.T) []byte {
	t.Helper()
	event, err := os.ReadFile("testdata/stream/batch.json")
	if err != nil {
		t.Fatal(err)
	}
	var e events.DynamoDBEvent
	d := json.NewDecoder(bytes.NewReader(event))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		t.Fatalf("Lambda sends nothing like the sample: %v", err)
	}
	return event
}

func TestABatchIsRolledUp(t *testing.T) {
	s := new(shelves)
	f, log := rollup(s)
	answer, err := f.Invoke(t.Context(), sampleBatch(t))
	if err != nil || string(answer) != `{"batchItemFailures":[]}` {
		t.Errorf("answered %s, %v", answer, err)
	}
	for _, p := range []telemetry.Part{partA, partB} {
		all := s.All(p)
		if len(all) != 1 || all[0].Span != telemetry.Minutely || all[0].Messages != 1 {
			t.Errorf("%v has %+v", p, all)
		}
	}
	if all := s.All(telemetry.Part{App: "cccccccccccccccccccccccccccccccc", Number: 1}); len(all) != 0 {
		t.Errorf("what was deleted is counted: %+v", all)
	}
	got := map[string]any{}
	if err := json.Unmarshal(log.Bytes(), &got); err != nil || got["records"] != 5.0 || got["parts"] != 2.0 || got["failed"] != 0.0 || got["level"] != "INFO" {
		t.Errorf("logged %s", log)
	}
}

// Lambda reads the answer as what it is.
func TestTheFirstRecordThatFailedIsNamedAndTheOthersAreDone(t *testing.T) {
	for name, c := range map[string]struct {
		fails telemetry.Part
		want  string
		done  telemetry.Part
	}{
		"the first part": {partA, firstOfA, partB},
		"the second":     {partB, firstOfB, partA},
	} {
		for _, panics := range []bool{false, true} {
			s := &shelves{fails: c.fails, err: errors.New("cause of ours"), panics: panics}
			f, log := rollup(s)
			answer, err := f.Invoke(t.Context(), sampleBatch(t))
			var a events.DynamoDBTimeWindowEventResponse
			if err != nil || json.Unmarshal(answer, &a) != nil || len(a.BatchItemFailures) != 1 || a.BatchItemFailures[0].ItemIdentifier != c.want {
				t.Errorf("%s: answered %s, %v", name, answer, err)
			}
			if len(s.All(c.done)) != 1 || len(s.All(c.fails)) != 0 {
				t.Errorf("%s: the other part was not rolled up", name)
			}
			if text := log.String(); !strings.Contains(text, `"level":"ERROR"`) || !strings.Contains(text, `"failed":1`) || strings.Contains(text, "MARKER") || panics == strings.Contains(text, "cause of ours") {
				t.Errorf("%s: logged %s", name, text)
			}
			s.fails = telemetry.Part{}
			if answer, err = f.Invoke(t.Context(), sampleBatch(t)); err != nil || string(answer) != `{"batchItemFailures":[]}` || len(s.All(c.fails)) != 1 {
				t.Errorf("%s: sent again: %s, %v", name, answer, err)
			}
		}
	}
}

func TestWhenAllFailsAllIsSentAgain(t *testing.T) {
	f, log := rollup(new(shelves))
	ctx, cancel := context.WithCancel(t.Context())
	f.Store = deadlined{f.Store}
	cancel()
	answer, err := f.Invoke(ctx, sampleBatch(t))
	if want := `{"batchItemFailures":[{"itemIdentifier":"` + firstOfA + `"}]}`; err != nil || string(answer) != want {
		t.Errorf("answered %s, %v", answer, err)
	}
	if !strings.Contains(log.String(), `"failed":2`) {
		t.Errorf("logged %s", log)
	}
}

// deadlined is a store that heeds its context.
type deadlined struct{ telemetry.Rollups }

func (deadlined) Closed(ctx context.Context, _ telemetry.Part) (time.Time, error) {
	return time.Time{}, ctx.Err()
}

func TestWhatIsNoStreamIsRefusedAndNotQuoted(t *testing.T) {
	f, log := rollup(new(shelves))
	for _, event := range []string{``, `MARKER`, `{}`, `null`, `{"Records":"MARKER"}`, `{"Records":[{"dynamodb":{"Keys":{"pk":"MARKER"}}}]}`} {
		if answer, err := f.Invoke(t.Context(), []byte(event)); err == nil || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: %s, %v", event, answer, err)
		}
	}
	for _, event := range []string{`{"Records":[]}`, `{"Records":[{}]}`, `{"Records":[{"eventName":"INSERT","dynamodb":{"Keys":{"pk":{"S":"MARKER"},"n":{"N":"1"}}}}]}`} {
		if answer, err := f.Invoke(t.Context(), []byte(event)); err != nil || string(answer) != `{"batchItemFailures":[]}` {
			t.Errorf("%s: %s, %v", event, answer, err)
		}
	}
	if strings.Contains(log.String(), "MARKER") {
		t.Errorf("logged %s", log)
	}
}

// Whoever has more to do than there is time for must still be able to say so.
func TestThereIsTimeLeftToAnswer(t *testing.T) {
	s := new(shelves)
	f, _ := rollup(s)
	f.Log = nil
	end := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	if _, err := f.Invoke(ctx, []byte(`{"Records":[{"dynamodb":{"SequenceNumber":"1","Keys":{"pk":{"S":"e#`+string(partA.App)+`#3"},"sk":{"S":"2026-03-14T12:04:06Z#X"}}}}]}`)); err != nil {
		t.Fatal(err)
	}
	if len(s.deadlines) != 1 || !s.deadlines[0].Equal(end.Add(-time.Second)) {
		t.Errorf("the store has until %v, the function until %v", s.deadlines, end)
	}
}

// What is to be known of an application is known before anything is kept of it.
func TestAPartIsNotedBeforeItIsRolledUp(t *testing.T) {
	s := new(shelves)
	f, _ := rollup(s)
	var mu sync.Mutex
	noted := map[telemetry.Part]int{}
	f.Note = func(_ context.Context, p telemetry.Part, now time.Time) error {
		mu.Lock()
		defer mu.Unlock()
		if noted[p]++; !now.Equal(f.Now()) || len(s.All(p)) > 0 {
			t.Errorf("%v is noted at %v, and there is %v", p, now, s.All(p))
		}
		if p == partB {
			return errors.New("cause of ours")
		}
		return nil
	}
	answer, err := f.Invoke(t.Context(), sampleBatch(t))
	if want := `{"batchItemFailures":[{"itemIdentifier":"` + firstOfB + `"}]}`; err != nil || string(answer) != want {
		t.Errorf("answered %s, %v", answer, err)
	}
	if noted[partA] != 1 || noted[partB] != 1 || len(s.All(partA)) != 1 || len(s.All(partB)) != 0 {
		t.Errorf("noted %v, kept %v and %v", noted, s.All(partA), s.All(partB))
	}
}
