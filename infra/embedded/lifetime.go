package embedded

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// partOfLifetime is how many bytes of blocks one call of Erase or Restamp
// reads: about a second's work.
const partOfLifetime = 32 << 20

// Erase implements telemetry.Lifetime. The calls count what there is; the last
// one removes it, all at once, and makes sure that the files hold nothing of
// it, in whatever version. Nobody can write meanwhile, or read: see the package
// comment for how long that takes. What a report that has begun before reads
// leaves the files when it has ended.
//
// The files are unlinked, not overwritten: where their blocks were, the disk
// holds, until it uses them again, what was encrypted with the folder's key.
func (t *Telemetry) Erase(ctx context.Context, of app.ID, from string) (n int64, next string, err error) {
	prefix, err := keyOf(telemetryPrefix, of)
	if err != nil {
		return 0, "", err
	}
	t.lifetime.Lock()
	defer t.lifetime.Unlock()
	if err := t.settle(ctx); err != nil {
		return 0, "", err
	}
	next, err = t.eachBlock(ctx, of, from, func(_, block []byte) error {
		return readBlock(of, block, func(telemetry.Record) error { n++; return nil })
	})
	if err == nil && next == "" {
		err = t.disk.drop([][]byte{prefix}, nil)
	}
	if err != nil {
		return 0, "", fmt.Errorf("erase telemetry: %w", err)
	}
	return n, next, nil
}

// Restamp implements telemetry.Lifetime.
func (t *Telemetry) Restamp(ctx context.Context, of app.ID, retention time.Duration, now time.Time, from string) (n int64, next string, err error) {
	if _, err := keyOf(telemetryPrefix, of); err != nil {
		return 0, "", err
	}
	t.lifetime.Lock()
	defer t.lifetime.Unlock()
	if err := t.settle(ctx); err != nil {
		return 0, "", err
	}
	var blocks []stamped
	next, err = t.eachBlock(ctx, of, from, func(key, block []byte) error {
		b, readable := stamped{key, newBlockWriter()}, int64(0)
		err := readBlock(of, block, func(r telemetry.Record) error {
			if r.Readable(now) {
				readable++
				if r.Expires = r.At.Add(retention); r.Readable(now) {
					b.add(r)
				}
			}
			return nil
		})
		if err == nil { // else it is left as it is
			blocks, n = append(blocks, b), n+readable
		}
		return err
	})
	if err == nil {
		err = t.rewrite(blocks)
	}
	if err != nil {
		return 0, "", fmt.Errorf("restamp telemetry: %w", err)
	}
	return n, next, nil
}

// stamped is what is written in the place of a block.
type stamped struct {
	key []byte
	*blockWriter
}

func (t *Telemetry) rewrite(blocks []stamped) error {
	return t.disk.write(func() (err error) {
		batch := t.disk.db.NewWriteBatch()
		defer batch.Cancel()
		for _, b := range blocks {
			if b.expires.IsZero() { // nothing is left
				err = batch.Delete(b.key)
			} else {
				err = batch.SetEntry(badger.NewEntry(b.key, b.data).WithTTL(ttl(b.expires, t.disk.options.Now())))
			}
			if err != nil {
				return err
			}
		}
		return batch.Flush()
	})
}

// settle returns when nothing that was recorded so far is on its way any more.
// What could not be written is not there.
func (t *Telemetry) settle(ctx context.Context) error {
	_ = t.flush(ctx)
	return ctx.Err()
}

// eachBlock calls f for blocks of an application, from where a call before
// stopped, and returns from where to go on, "" if that was all. One that is
// damaged is reported as trouble.
func (t *Telemetry) eachBlock(ctx context.Context, of app.ID, from string, f func(key, block []byte) error) (next string, err error) {
	all := bucket{app: of}.key()
	begin, err := hex.DecodeString(from)
	if err != nil {
		return "", errors.New("there is no such place to go on from")
	}
	err = t.disk.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: all[:bucketKeySize-4]})
		defer it.Close()
		bytes := 0
		for it.Seek(append(all[:bucketKeySize-4:bucketKeySize-4], begin...)); it.Valid(); it.Next() {
			item := it.Item()
			key := item.KeyCopy(nil)
			if len(key) != bucketKeySize+keySuffixSize {
				continue // the mark of a drop that was interrupted
			}
			if bytes >= t.part {
				next = hex.EncodeToString(key[bucketKeySize-4:])
				return nil
			}
			if err := errors.Join(ctx.Err(), t.disk.stopping()); err != nil {
				return err
			}
			err := item.Value(func(data []byte) error {
				bytes += len(data)
				return f(key, data)
			})
			if errors.Is(err, errBlock) {
				t.disk.trouble("read telemetry", err)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return next, err
}
