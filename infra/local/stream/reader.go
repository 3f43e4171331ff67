package stream

import (
	"context"
	"errors"
	"time"
)

// reader reads one shard, and gathers what it reads in a batch.
type reader struct {
	*Mapping
	shard  string
	latest bool
	after  string // the last record that was read
	batch  []Record
	bytes  int
	since  time.Time // when the batch got its first record
}

const (
	maxBytes   = 6 << 20 // of an event
	maxRecords = 1000    // that a stream hands out at a time
)

// read reads the shard to its end, and reports whether it came so far.
func (r *reader) read(ctx context.Context) bool {
	iterator := ""
	for ctx.Err() == nil {
		records, next, err := r.next(ctx, &iterator)
		switch {
		case errors.Is(err, ErrNoStream):
			return false
		case errors.Is(err, ErrExpired):
			iterator = ""
			pause(ctx, r.poll()) // there may be none better
			continue
		case err != nil:
			if ctx.Err() == nil {
				r.trouble(err)
			}
			pause(ctx, r.poll())
			continue
		}
		for _, record := range records {
			r.take(ctx, record)
		}
		if next == "" {
			r.flush(ctx)
			return ctx.Err() == nil
		}
		iterator = next
		left := r.Window - r.now().Sub(r.since)
		switch {
		case len(r.batch) > 0 && left <= 0:
			r.flush(ctx)
		case len(records) > 0:
		case len(r.batch) > 0:
			pause(ctx, min(left, r.poll()))
		default:
			pause(ctx, r.poll())
		}
	}
	return false
}

// next returns what comes next in the shard, and makes an iterator if there is
// none.
func (r *reader) next(ctx context.Context, iterator *string) ([]Record, string, error) {
	if *iterator == "" {
		i, err := r.Source.Iterator(ctx, r.shard, r.after, r.latest && r.after == "")
		if err != nil {
			return nil, "", err
		}
		*iterator = i
	}
	return r.Source.Records(ctx, *iterator, min(r.batchSize()-len(r.batch), maxRecords))
}

// take adds a record to the batch, which is sent when it is full.
func (r *reader) take(ctx context.Context, record Record) {
	r.after = record.Sequence
	if !r.wanted(record) {
		return
	}
	const around = 64 // what is in an event besides its records
	if r.bytes+len(record.JSON)+1 > maxBytes-around {
		r.flush(ctx)
	}
	if len(r.batch) == 0 {
		r.since = r.now()
	}
	r.batch = append(r.batch, record)
	r.bytes += len(record.JSON) + 1
	if len(r.batch) >= r.batchSize() {
		r.flush(ctx)
	}
}

// flush sends the batch, and comes back when it has been dealt with.
func (r *reader) flush(ctx context.Context) {
	if len(r.batch) > 0 {
		r.deliver(ctx, r.batch)
	}
	r.batch, r.bytes = nil, 0
}

func (m *Mapping) wanted(r Record) bool {
	if len(m.Filters) == 0 {
		return true
	}
	for _, f := range m.Filters {
		if f.Match(r.JSON) {
			return true
		}
	}
	return false
}
