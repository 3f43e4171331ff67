package embedded

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// partOfLifetime is how many bytes of blocks one call of Erase or Restamp
// reads: about a second's work.
const partOfLifetime = 32 << 20

// Erase implements telemetry.Lifetime. The calls count what there is, events and
// then rollups; the last one removes it, all at once, and makes sure that the
// files hold nothing of it, in whatever version. Nobody can write meanwhile, or
// read: see the package comment for how long that takes. What a report that has
// begun before reads leaves the files when it has ended.
//
// The files are unlinked, not overwritten: where their blocks were, the disk
// holds, until it uses them again, what was encrypted with the folder's key.
func (t *Telemetry) Erase(ctx context.Context, of app.ID, from string) (n int64, next string, err error) {
	prefixes, err := t.prefixes(of)
	if err != nil {
		return 0, "", err
	}
	t.lifetime.Lock()
	defer t.lifetime.Unlock()
	if err := t.settle(ctx); err != nil {
		return 0, "", err
	}
	next, err = t.eachOf(ctx, of, from, func(_, block []byte) error {
		return readBlock(of, block, func(telemetry.Record) error { n++; return nil })
	}, func(_, _ []byte) error { n++; return nil })
	if err == nil && next == "" {
		err = t.disk.drop(prefixes, nil)
	}
	if err != nil {
		return 0, "", fmt.Errorf("erase telemetry: %w", err)
	}
	return n, next, nil
}

// prefixes returns where everything lies that an application's telemetry is.
func (t *Telemetry) prefixes(of app.ID) (all [][]byte, err error) {
	for _, letter := range []byte{telemetryPrefix, rollupPrefix, latePrefix} {
		prefix, err := keyOf(letter, of)
		if err != nil {
			return nil, err
		}
		all = append(all, prefix)
	}
	return all, nil
}

// inRollups is what a place to go on from begins with when all events have been
// read. Other places are hex digits.
const inRollups = "r"

// eachOf calls events for blocks of an application, and then rollups for
// rollups, as each does.
func (t *Telemetry) eachOf(ctx context.Context, of app.ID, from string, events, rollups func(key, value []byte) error) (next string, err error) {
	from, there := strings.CutPrefix(from, inRollups)
	if !there {
		if next, err = t.each(ctx, telemetryPrefix, of, from, events); err != nil || next != "" {
			return next, err
		}
		from = ""
	}
	if next, err = t.each(ctx, rollupPrefix, of, from, rollups); next != "" {
		next = inRollups + next
	}
	return next, err
}

// settle returns when nothing that was recorded so far is on its way any more.
// What could not be written is not there.
func (t *Telemetry) settle(ctx context.Context) error {
	_ = t.flush(ctx)
	return ctx.Err()
}

// each calls f for what an application has under a prefix, from where a call
// before stopped, and returns from where to go on, "" if that was all. What is
// damaged is reported as trouble.
func (t *Telemetry) each(ctx context.Context, letter byte, of app.ID, from string, f func(key, value []byte) error) (next string, err error) {
	prefix, err := keyOf(letter, of)
	if err != nil {
		return "", err
	}
	begin, err := hex.DecodeString(from)
	if err != nil {
		return "", errors.New("there is no such place to go on from")
	}
	err = t.disk.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
		defer it.Close()
		size := 0
		for it.Seek(append(bytes.Clone(prefix), begin...)); it.Valid(); it.Next() {
			item := it.Item()
			key := item.KeyCopy(nil)
			if len(key) != blockKeySize && len(key) != rollupKeySize {
				continue // the mark of a drop that was interrupted
			}
			if size >= t.part {
				next = hex.EncodeToString(key[len(prefix):])
				return nil
			}
			if err := errors.Join(ctx.Err(), t.disk.stopping()); err != nil {
				return err
			}
			err := item.Value(func(value []byte) error {
				size += len(value)
				return f(key, value)
			})
			if errors.Is(err, errBlock) || errors.Is(err, errRollup) {
				t.disk.trouble("read telemetry", err)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return next, err
}
