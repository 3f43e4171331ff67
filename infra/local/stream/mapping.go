package stream

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Function is a function as Lambda knows it.
type Function interface {
	Invoke(ctx context.Context, event []byte) ([]byte, error)
}

// Mapping is an event source mapping. Its fields are named and understood as
// Lambda's are; see
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html.
type Mapping struct {
	Source   Source
	Function Function
	Filters  []Filter // a record must match one of them, if there are any
	// Latest leaves out what was written before Run was called: the starting
	// position LATEST instead of TRIM_HORIZON.
	Latest    bool
	BatchSize int           // at most; zero means 100
	Window    time.Duration // for which a batch may gather
	// ReportBatchItemFailures heeds what the function says of single records.
	ReportBatchItemFailures    bool
	BisectBatchOnFunctionError bool
	// MaximumRetryAttempts is how often a batch is tried again; nil means for
	// as long as it takes.
	MaximumRetryAttempts *int
	MaximumRecordAge     time.Duration // zero means any

	// Poll is how long to wait when a shard has nothing new; zero means as long
	// as Lambda does, a quarter of a second.
	Poll time.Duration
	// Backoff is how long to wait before a batch is tried for so many times,
	// from 1. Nil means longer each time, up to ten seconds.
	Backoff func(retry int) time.Duration
	// Discarded is told how many records were given up. Nil means that nobody
	// wants to know.
	Discarded func(records int)
	// Trouble is told of errors of the stream, which is asked again. Nil means
	// that nobody wants to know.
	Trouble func(error)
	Now     func() time.Time // nil means time.Now
}

// Record is a record of a stream.
type Record struct {
	Sequence string // increases within a shard
	Created  time.Time
	JSON     json.RawMessage // as it stands in an event
}

// Shard is a part of a stream. It is closed when it has no next iterator.
type Shard struct {
	ID     string
	Parent string // "" when there is none; it may have been forgotten
}

// Source is a stream.
type Source interface {
	// Shards returns all shards that there are.
	Shards(ctx context.Context) ([]Shard, error)
	// Iterator returns an iterator of a shard: behind a record, or, when after
	// is "", from its beginning, or with latest from its end.
	Iterator(ctx context.Context, shard, after string, latest bool) (string, error)
	// Records returns at most limit records and the next iterator, which is ""
	// when the shard ends with these. The error may be ErrExpired.
	Records(ctx context.Context, iterator string, limit int) ([]Record, string, error)
}

var (
	// ErrExpired says that an iterator is too old.
	ErrExpired = errors.New("the iterator has expired")
	// ErrNoStream says that there is no such stream, or no longer.
	ErrNoStream = errors.New("there is no such stream")
)

func (m *Mapping) batchSize() int {
	if m.BatchSize == 0 {
		return 100
	}
	return m.BatchSize
}

func (m *Mapping) poll() time.Duration {
	if m.Poll == 0 {
		return 250 * time.Millisecond
	}
	return m.Poll
}

func (m *Mapping) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}

func (m *Mapping) trouble(err error) {
	if m.Trouble != nil {
		m.Trouble(err)
	}
}

func (m *Mapping) backoff(retry int) time.Duration {
	if m.Backoff != nil {
		return m.Backoff(retry)
	}
	return min(100*time.Millisecond<<min(retry, 10), 10*time.Second)
}

// pause waits, and reports whether the context is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
