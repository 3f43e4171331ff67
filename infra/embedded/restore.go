package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/directory"
)

// RestoreOptions say what becomes of a folder's own data.
type RestoreOptions struct {
	Folder string
	// Replace puts the backup in the place of what the folder holds. Without
	// it, a folder that holds something is left alone.
	Replace bool
}

// Why Restore may refuse a folder. The text around each says what to do.
var (
	ErrNotEmpty = errors.New("the data folder is not empty")
	ErrHistory  = errors.New("the ledgers tell different histories")
)

// Where the stores of a restoration lie: unfinished, and whole but not yet in
// the place of the old ones.
const (
	restoring = "db.restoring"
	restored  = "db.restored"
)

// Restore puts what is in a backup into a folder, and returns what that was.
// The folder has to have the key of the one that was backed up, and must not be
// in use: ErrNoKey, ErrWrongKey, ErrInUse or ErrBackup is in the chain else.
// Until the backup was read to its end the folder is as it was; when the disk
// has it all, the folder holds it, also after a crash.
//
// What the folder knows better stays: its ledger, where it goes on after that
// of the backup; its vault, if it has one, because a key that it lacks was
// destroyed; its files, and the secrets of days.
func Restore(ctx context.Context, o RestoreOptions, r io.Reader) (s BackupSummary, err error) {
	key, err := readKey(keyPath(o.Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%w: %s is missing; put a copy of the key file of the folder that was backed up there", ErrNoKey, keyPath(o.Folder))
	}
	if err != nil {
		return s, err
	}
	lock, err := lockFolder(o.Folder)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := finishRestore(o.Folder); err != nil {
		return s, fmt.Errorf("finish an earlier restoration: %w", err)
	}
	tree := filepath.Join(o.Folder, "db")
	if hasData(tree) && !o.Replace {
		return s, fmt.Errorf("%w: restore into another folder, or replace what is in %s; its ledger is kept either way", ErrNotEmpty, tree)
	}
	x := &restoration{folder: o.Folder, key: key, files: map[string][]byte{}, vault: map[directory.Key]directory.Record{}}
	if hasData(tree) {
		if x.ledger, err = x.ledgerOf(tree); err != nil {
			return s, err
		}
	}
	if s, err = x.read(ctx, r); err != nil {
		return s, errors.Join(err, os.RemoveAll(filepath.Join(o.Folder, restoring)))
	}
	if err := x.settle(); err != nil {
		return s, fmt.Errorf("restore a backup: %w", err)
	}
	return s, nil
}

// restoration is a restoration that is being made.
type restoration struct {
	folder string
	key    []byte
	ledger []*badger.Entry // the folder's own
	files  map[string][]byte
	vault  map[directory.Key]directory.Record
}

func (x *restoration) open(tree string) (*badger.DB, error) {
	return openBadger(badger.DefaultOptions(tree).WithEncryptionKey(x.key), func(string, error) {})
}

// read reads the backup into stores of its own.
func (x *restoration) read(ctx context.Context, r io.Reader) (s BackupSummary, err error) {
	tree := filepath.Join(x.folder, restoring)
	if err := errors.Join(os.RemoveAll(tree), os.Mkdir(tree, 0o700)); err != nil {
		return s, err
	}
	db, err := x.open(tree)
	if err != nil {
		return s, err
	}
	batch := db.NewWriteBatch()
	s, err = readBackup(r, x.key, func(kind byte, content []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return x.take(batch, kind, content)
	})
	if err == nil {
		err = batch.Flush()
	}
	batch.Cancel()
	if err == nil {
		err = x.keepLedger(db)
	}
	return s, errors.Join(err, db.Close())
}

// take takes over what is in a frame.
func (x *restoration) take(batch *badger.WriteBatch, kind byte, content []byte) error {
	switch kind {
	case entryFrame:
		expires, n := binary.Uvarint(content)
		if n <= 0 {
			return damagedBackup(errRecord)
		}
		key, value, err := cut(content[n:])
		if err != nil {
			return err
		}
		e := badger.NewEntry(bytes.Clone(key), bytes.Clone(value))
		e.ExpiresAt = expires
		return batch.SetEntry(e)
	case fileFrame:
		name, data, err := cut(content)
		if err != nil || !filepath.IsLocal(string(name)) || filepath.Base(string(name)) != string(name) {
			return damagedBackup(errors.New("it has a file that does not belong into the folder"))
		}
		x.files[string(name)] = bytes.Clone(data)
	case vaultFrame:
		some, err := decodeVault(content)
		if err != nil {
			return damagedBackup(err)
		}
		maps.Copy(x.vault, some)
	default:
		return damagedBackup(fmt.Errorf("nobody knows what a frame %q is", kind))
	}
	return nil
}

// settle puts what was read in the place of what was there.
func (x *restoration) settle() error {
	if err := syncTree(filepath.Join(x.folder, restoring)); err != nil {
		return err
	}
	vault := &erasable{folder: x.folder, name: "vault"}
	if _, err := vault.read(); errors.Is(err, fs.ErrNotExist) && len(x.vault) > 0 {
		data := encodeVault(x.vault)
		defer clear(data)
		if err := vault.replace(data); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.files)) {
		if _, err := os.Lstat(filepath.Join(x.folder, name)); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := writeFile(x.folder, restoring+"."+name, x.files[name]); err != nil {
			return err
		}
		if err := rename(x.folder, restoring+"."+name, name); err != nil {
			return err
		}
	}
	if err := rename(x.folder, restoring, restored); err != nil {
		return err
	}
	return finishRestore(x.folder)
}

// finishRestore puts stores that were restored in the place of the old ones,
// if there are any, and removes those that were not finished.
func finishRestore(folder string) error {
	if err := os.RemoveAll(filepath.Join(folder, restoring)); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(folder, restored)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.RemoveAll(filepath.Join(folder, "db")); err != nil {
		return err
	}
	return rename(folder, restored, "db")
}

// syncTree returns when the disk has all files of a folder.
func syncTree(tree string) error {
	entries, err := os.ReadDir(tree)
	if err != nil {
		return err
	}
	for _, e := range entries {
		f, err := os.OpenFile(filepath.Join(tree, e.Name()), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return syncFolder(tree)
}
