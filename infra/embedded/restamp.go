package embedded

import (
	"context"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// Restamp implements telemetry.Lifetime. Events go first, then the rollups that
// count them, minutes before hours and these before days: one that is kept between
// two calls was made of what has its new ends, or gets them after that.
func (t *Telemetry) Restamp(ctx context.Context, of app.ID, retention time.Duration, now time.Time, from string) (n int64, next string, err error) {
	if _, err := keyOf(telemetryPrefix, of); err != nil {
		return 0, "", err
	}
	t.lifetime.Lock()
	defer t.lifetime.Unlock()
	if err := t.settle(ctx); err != nil {
		return 0, "", err
	}
	s := &stamper{of: of, retention: retention, now: now}
	next, err = t.eachOf(ctx, of, from, s.block, s.rollup)
	if err == nil {
		err = t.rewrite(s.written)
	}
	if err != nil {
		return 0, "", fmt.Errorf("restamp telemetry: %w", err)
	}
	return s.events, next, nil
}

// stamper is one call of Restamp.
type stamper struct {
	of        app.ID
	retention time.Duration
	now       time.Time
	events    int64
	written   []stamped
}

// stamped is what is written in the place of something; nothing, if it has
// ended.
type stamped struct {
	key, value []byte
	expires    time.Time
}

// block lets the events of a block end retention after they happened.
func (s *stamper) block(key, block []byte) error {
	b, readable := newBlockWriter(), int64(0)
	err := readBlock(s.of, block, func(r telemetry.Record) error {
		if r.Readable(s.now) {
			readable++
			if r.Expires = r.At.Add(s.retention); r.Readable(s.now) {
				b.add(r)
			}
		}
		return nil
	})
	if err == nil { // else it is left as it is
		s.written, s.events = append(s.written, stamped{key, b.data, b.expires}), s.events+readable
	}
	return err
}

// rollup lets a rollup end when its events do now. One of which an event has
// ended already is not whole again, however long the others last.
func (s *stamper) rollup(key, value []byte) error {
	r, digest, err := decodeRollup(key, value)
	if err != nil || !s.now.Before(r.Expires) {
		return err
	}
	whole, expires := r.Whole, r.Start.Add(time.Duration(r.Span)+s.retention)
	if s.now.Before(whole) {
		whole = r.Start.Add(s.retention)
	}
	switch {
	case !s.now.Before(expires):
		s.written = append(s.written, stamped{key: key})
	case !whole.Equal(r.Whole) || !expires.Equal(r.Expires):
		r.Whole, r.Expires = whole, expires
		s.written = append(s.written, stamped{key, encodeRollup(&r, digest), expires})
	}
	return nil
}

func (t *Telemetry) rewrite(all []stamped) error {
	return t.disk.write(func() (err error) {
		batch := t.disk.db.NewWriteBatch()
		defer batch.Cancel()
		for _, s := range all {
			if s.expires.IsZero() {
				err = batch.Delete(s.key)
			} else {
				err = batch.SetEntry(badger.NewEntry(s.key, s.value).WithTTL(ttl(s.expires, t.disk.options.Now())))
			}
			if err != nil {
				return err
			}
		}
		return batch.Flush()
	})
}
