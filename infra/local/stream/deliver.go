package stream

import (
	"context"
	"encoding/json"
	"slices"
)

// deliver sends a batch again and again, whole or in pieces and always in order,
// until all of it has been dealt with or given up.
func (m *Mapping) deliver(ctx context.Context, batch []Record) {
	left, retries := [][]Record{batch}, 0
	for len(left) > 0 && ctx.Err() == nil {
		b := m.young(left[0])
		done := m.invoke(ctx, b)
		switch {
		case done == len(b):
			left, retries = left[1:], 0
		case done > 0: // it gets on
			left[0], retries = b[done:], 0
		case m.BisectBatchOnFunctionError && len(b) > 1:
			// A split is no retry.
			left = slices.Concat([][]Record{b[:len(b)/2], b[len(b)/2:]}, left[1:])
		case m.MaximumRetryAttempts != nil && retries >= *m.MaximumRetryAttempts:
			m.discard(len(b))
			left, retries = left[1:], 0
		default:
			retries++
			left[0] = b
			pause(ctx, m.backoff(retries))
		}
	}
}

// young returns what of a batch is not too old.
func (m *Mapping) young(batch []Record) []Record {
	if m.MaximumRecordAge == 0 {
		return batch
	}
	n := 0
	for n < len(batch) && m.now().Sub(batch[n].Created) > m.MaximumRecordAge {
		n++
	}
	m.discard(n)
	return batch[n:]
}

func (m *Mapping) discard(n int) {
	if n > 0 && m.Discarded != nil {
		m.Discarded(n)
	}
}

// invoke sends a batch and returns how many of its records, from the first on,
// were dealt with.
func (m *Mapping) invoke(ctx context.Context, batch []Record) int {
	if len(batch) == 0 {
		return 0
	}
	event, err := json.Marshal(struct{ Records []json.RawMessage }{bodies(batch)})
	if err != nil {
		return 0
	}
	answer, err := m.Function.Invoke(ctx, event)
	switch {
	case err != nil:
		return 0
	case !m.ReportBatchItemFailures:
		return len(batch)
	}
	return firstFailed(answer, batch)
}

func bodies(batch []Record) []json.RawMessage {
	all := make([]json.RawMessage, len(batch))
	for i, r := range batch {
		all[i] = r.JSON
	}
	return all
}

// firstFailed returns the number of the first record that an answer says to
// have failed, the number of records if there is none, and zero when it cannot
// be understood. See
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html.
func firstFailed(answer []byte, batch []Record) int {
	var a struct {
		Failures []struct {
			Record *string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if len(answer) > 0 && json.Unmarshal(answer, &a) != nil {
		return 0
	}
	first := len(batch)
	for _, f := range a.Failures {
		if f.Record == nil {
			return 0
		}
		// What is none of these cannot be a checkpoint.
		i := slices.IndexFunc(batch, func(r Record) bool { return r.Sequence == *f.Record })
		if i < 0 {
			return 0
		}
		first = min(first, i)
	}
	return first
}
