package stream_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tacet/infra/local/stream"
)

// feed runs a mapping on a closed shard of records until all are dealt with.
func feed(t *testing.T, m *stream.Mapping, numbers ...int) {
	t.Helper()
	s := newSource()
	s.shards = []stream.Shard{{ID: "only"}}
	s.write("only", numbers...)
	s.closed["only"] = true
	feedFrom(t, m, s)
}

func feedFrom(t *testing.T, m *stream.Mapping, s *source) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m.Source = &once{source: s, end: cancel}
	m.Poll = time.Hour // nothing waits for it
	if m.Backoff == nil {
		m.Backoff = func(int) time.Duration { return 0 }
	}
	if err := m.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// once is a source that is asked for its shards, and again when one of them has
// been read to its end: then the test is over.
type once struct {
	*source
	asked bool
	end   func()
}

func (o *once) Shards(ctx context.Context) ([]stream.Shard, error) {
	if o.asked {
		o.end()
		return nil, nil
	}
	o.asked = true
	return o.source.Shards(ctx)
}

func TestWhatFailsIsTriedAgain(t *testing.T) {
	broken := errors.New("broken")
	one, two := 1, 2
	none := 0
	for _, c := range []struct {
		name      string
		mapping   stream.Mapping
		answer    func(calls int, batch []int) (string, error)
		want      string
		discarded int
	}{
		{"all is well", stream.Mapping{}, func(int, []int) (string, error) { return "", nil }, "[[1 2 3 4]]", 0},
		{"in batches of the size", stream.Mapping{BatchSize: 3}, func(int, []int) (string, error) { return "", nil }, "[[1 2 3] [4]]", 0},
		{"until it works", stream.Mapping{}, func(n int, _ []int) (string, error) {
			if n < 3 {
				return "", broken
			}
			return "", nil
		}, "[[1 2 3 4] [1 2 3 4] [1 2 3 4]]", 0},
		{"or has been tried often enough", stream.Mapping{BatchSize: 2, MaximumRetryAttempts: &two}, func(_ int, b []int) (string, error) {
			if b[0] == 1 {
				return "", broken
			}
			return "", nil
		}, "[[1 2] [1 2] [1 2] [3 4]]", 2},
		{"in halves", stream.Mapping{BisectBatchOnFunctionError: true, MaximumRetryAttempts: &none}, func(_ int, b []int) (string, error) {
			if slices.Contains(b, 3) {
				return "", broken
			}
			return "", nil
		}, "[[1 2 3 4] [1 2] [3 4] [3] [4]]", 1},
		{"each half as often as the whole", stream.Mapping{BisectBatchOnFunctionError: true, MaximumRetryAttempts: &one}, func(n int, b []int) (string, error) {
			if len(b) > 1 || n%2 == 1 {
				return "", broken
			}
			return "", nil
		}, "[[1 2 3 4] [1 2] [1] [1] [2] [2] [3 4] [3] [4] [4]]", 0},
		{"from the first that failed", stream.Mapping{ReportBatchItemFailures: true}, func(n int, _ []int) (string, error) {
			if n == 1 {
				return failed(4, 3, 4), nil
			}
			return failed(), nil
		}, "[[1 2 3 4] [3 4]]", 0},
		{"from the first that failed, and no halves", stream.Mapping{ReportBatchItemFailures: true, BisectBatchOnFunctionError: true}, func(n int, _ []int) (string, error) {
			if n == 1 {
				return failed(2), nil
			}
			return "null", nil
		}, "[[1 2 3 4] [2 3 4]]", 0},
		{"not heeding what nobody asked for", stream.Mapping{}, func(int, []int) (string, error) { return failed(1), nil }, "[[1 2 3 4]]", 0},
		{"all of it when the first failed", stream.Mapping{ReportBatchItemFailures: true, MaximumRetryAttempts: &two}, func(int, []int) (string, error) { return failed(1), nil }, "[[1 2 3 4] [1 2 3 4] [1 2 3 4]]", 4},
		{"all of it when the answer is none", stream.Mapping{ReportBatchItemFailures: true, MaximumRetryAttempts: &none}, func(int, []int) (string, error) { return "{", nil }, "[[1 2 3 4]]", 4},
		{"all of it when the record is unknown", stream.Mapping{ReportBatchItemFailures: true, MaximumRetryAttempts: &none}, func(int, []int) (string, error) { return failed(9), nil }, "[[1 2 3 4]]", 4},
		{"all of it when the record has no name", stream.Mapping{ReportBatchItemFailures: true, MaximumRetryAttempts: &none}, func(int, []int) (string, error) {
			return `{"batchItemFailures":[{"itemIdentifier":null}]}`, nil
		}, "[[1 2 3 4]]", 4},
		{"all of it when the record's name is misspelt", stream.Mapping{ReportBatchItemFailures: true, MaximumRetryAttempts: &none}, func(int, []int) (string, error) {
			return `{"batchItemFailures":[{"identifier":"x"}]}`, nil
		}, "[[1 2 3 4]]", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls, discarded := 0, 0
			f := new(function)
			f.answer = func(b []int) (string, error) { calls++; return c.answer(calls, b) }
			c.mapping.Function, c.mapping.Discarded = f, func(n int) { discarded += n }
			feed(t, &c.mapping, 1, 2, 3, 4)
			f.want(t, c.want)
			if discarded != c.discarded {
				t.Errorf("%d were discarded, want %d", discarded, c.discarded)
			}
		})
	}
}
