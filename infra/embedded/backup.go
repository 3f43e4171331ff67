package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
)

// BackupOptions say what is in a backup besides the stores.
type BackupOptions struct {
	// Vault takes the vault of data keys along. Whoever has such a backup, and
	// the key, can read what is deleted later.
	Vault bool
	// Files are names of small files in the folder that are taken along if they
	// are there.
	Files []string
}

// ErrNoFolder is returned where there is nothing that a backup could be made
// of.
var ErrNoFolder = errors.New("everything is in memory, and is not backed up")

// Backup writes a copy of the stores to w, encrypted with a key that is derived
// from the folder's, and returns what is in it. They can be used meanwhile: the
// copy is what they were at one moment, at which an Apply had happened or not.
// What has expired, or was removed, is not in it, nor are the secrets of days,
// the key, and, if it is not asked for, the vault.
//
// An error leaves something that Restore and VerifyBackup refuse.
func (d *Disk) Backup(ctx context.Context, w io.Writer, o BackupOptions) (BackupSummary, error) {
	if d.key == nil {
		return BackupSummary{}, ErrNoFolder
	}
	s := BackupSummary{BackupHeader: BackupHeader{Version: backupVersion, Made: d.options.Now().UTC(), Vault: o.Vault, Key: keyName(d.key)}}
	b, err := newBackupWriter(w, d.key, s.BackupHeader)
	if err == nil {
		err = d.backUp(ctx, b, o)
	}
	var t backupTrailer
	if err == nil {
		t, err = b.end()
	}
	if err != nil {
		return BackupSummary{}, fmt.Errorf("back up the stores: %w", err)
	}
	s.Counts, s.Bytes, s.SHA256 = t.Counts, t.Bytes, t.SHA256
	return s, nil
}

func (d *Disk) backUp(ctx context.Context, b *backupWriter, o BackupOptions) error {
	if err := d.Telemetry.settle(ctx); err != nil {
		return err
	}
	for _, name := range o.Files {
		data, err := os.ReadFile(filepath.Join(d.options.Folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := b.frame(fileFrame, binary.AppendUvarint(nil, uint64(len(name))), []byte(name), data); err != nil {
			return err
		}
	}
	if err := d.view(func(txn *badger.Txn) error { return d.backUpEntries(ctx, b, txn) }); err != nil {
		return err
	}
	if !o.Vault {
		return nil
	}
	// After the accounts: a key is made before its account, and a key that was
	// destroyed meanwhile is one less that lies about.
	copies, err := d.Vault.copies(ctx)
	for _, data := range copies {
		if err == nil {
			err = b.frame(vaultFrame, data)
		}
		clear(data)
	}
	return err
}

// backUpEntries writes all that can be read, as it was when txn began.
func (d *Disk) backUpEntries(ctx context.Context, b *backupWriter, txn *badger.Txn) error {
	it := txn.NewIterator(badger.IteratorOptions{PrefetchValues: true, PrefetchSize: 100})
	defer it.Close()
	var head []byte
	for it.Rewind(); it.Valid(); it.Next() {
		if err := errors.Join(ctx.Err(), d.stopping()); err != nil {
			return err
		}
		item := it.Item()
		err := item.Value(func(value []byte) error {
			head = binary.AppendUvarint(binary.AppendUvarint(head[:0], item.ExpiresAt()), uint64(len(item.Key())))
			return b.frame(entryFrame, head, item.Key(), value)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// VerifyBackup reads a backup to its end with the key of a folder, and returns
// what is in it, or says why it would not be restored: ErrBackup, ErrNoKey or
// ErrWrongKey is in the chain.
func VerifyBackup(ctx context.Context, folder string, r io.Reader) (BackupSummary, error) {
	key, err := readKey(keyPath(folder))
	if err != nil {
		return BackupSummary{}, err
	}
	return readBackup(r, key, func(byte, []byte) error { return ctx.Err() })
}
