package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"tacet/core/directory"
)

// ErrKeyFile is in the chain of every error about a key file. The text around
// it says what to do.
var ErrKeyFile = errors.New("the key file cannot be used")

// KeyFile is master keys in a file that its owner alone may read: 64 hex digits
// a line, the first of which wraps. It implements Master. Safe for concurrent
// use, also by several processes.
type KeyFile struct {
	path string // "" is in memory only

	mu   sync.Mutex
	ring ring
}

// Ephemeral returns a master key that is in no file: what it wraps is lost with
// the process.
func Ephemeral() *KeyFile { return &KeyFile{ring: newRing(newMasterKey())} }

// KeyFileFor opens the key file of a vault, and makes it if there is none and
// the vault is empty: a new file for old records would hide that the old one is
// missing.
func KeyFileFor(ctx context.Context, d directory.Directory, path string) (*KeyFile, error) {
	f, err := OpenKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	empty, err := isEmpty(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("look for data keys: %w", err)
	}
	if !empty {
		return nil, fmt.Errorf("%w: %s is missing, and without it nothing personal can be read; put a copy of it back, or begin with another data folder", ErrKeyFile, path)
	}
	return MakeKeyFile(path)
}

// OpenKeyFile opens a key file. fs.ErrNotExist is in the chain of the error if
// there is none.
func OpenKeyFile(path string) (*KeyFile, error) {
	f := &KeyFile{path: path}
	return f, f.read()
}

// MakeKeyFile makes a key file with one key, or opens the one that somebody
// else has made meanwhile.
func MakeKeyFile(path string) (*KeyFile, error) {
	fresh, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return nil, failedFile(path, err)
	}
	defer os.RemoveAll(fresh.Name())
	key := newMasterKey()
	if err := writeKeys(fresh, [][]byte{key}); err != nil {
		return nil, failedFile(path, err)
	}
	// A link, and no rename: it never takes the place of a file that is there.
	if err := os.Link(fresh.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, failedFile(path, err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, failedFile(path, err)
	}
	return OpenKeyFile(path)
}

// Current implements Master. It reads the file again.
func (f *KeyFile) Current(context.Context) (string, error) {
	r, err := f.fresh()
	if err != nil {
		return "", err
	}
	return r.first(), nil
}

// Wrap implements Master. It reads the file again, so that nothing is wrapped
// any more with a key that another process has put behind a new one.
func (f *KeyFile) Wrap(_ context.Context, key []byte, owner string) (string, []byte, error) {
	r, err := f.fresh()
	if err != nil {
		return "", nil, err
	}
	return r.first(), r.wrap(key, owner), nil
}

// Unwrap implements Master. It reads the file again only for a key that it does
// not know.
func (f *KeyFile) Unwrap(_ context.Context, master string, wrapped []byte, owner string) ([]byte, error) {
	f.mu.Lock()
	r := f.ring
	f.mu.Unlock()
	if !r.has(master) {
		var err error
		if r, err = f.fresh(); err != nil {
			return nil, err
		}
	}
	if !r.has(master) {
		return nil, fmt.Errorf("%w: %s has no key %s", ErrNoMaster, f.path, master)
	}
	return r.unwrap(master, wrapped, owner)
}

// Several reports whether there are keys that do not wrap any more.
func (f *KeyFile) Several() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.ring.names) > 1
}

// Add puts a new key before the others: it wraps from now on.
func (f *KeyFile) Add() error {
	return f.change(func(keys [][]byte) [][]byte { return slices.Insert(keys, 0, newMasterKey()) })
}

// Drop drops all keys but the first. What they alone can unwrap is lost: see
// the package comment for when that is nothing.
func (f *KeyFile) Drop() error {
	return f.change(func(keys [][]byte) [][]byte { return keys[:1] })
}

// change replaces the file. While it does, the file beside it keeps other
// processes from doing so too: one of both keys would be lost.
func (f *KeyFile) change(next func([][]byte) [][]byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" {
		f.ring = newRing(next(f.ring.keys())...)
		return nil
	}
	beside := f.path + ".new"
	fresh, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s is there, so somebody else is changing the keys, or was interrupted; if nobody is, remove it and try again", ErrKeyFile, beside)
	}
	if err != nil {
		return failedFile(f.path, err)
	}
	defer os.RemoveAll(beside)
	if err := f.read(); err != nil {
		return errors.Join(err, fresh.Close())
	}
	keys := next(f.ring.keys())
	if err := writeKeys(fresh, keys); err != nil {
		return failedFile(f.path, err)
	}
	if err := os.Rename(beside, f.path); err != nil {
		return failedFile(f.path, err)
	}
	f.ring = newRing(keys...)
	return syncFolder(filepath.Dir(f.path))
}

// fresh returns the keys that are in the file now.
func (f *KeyFile) fresh() (ring, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" {
		return f.ring, nil
	}
	err := f.read()
	return f.ring, err
}

// maxKeyFile is more than a file has that somebody has changed keys in by hand.
const maxKeyFile = 64 << 10

func (f *KeyFile) read() error {
	file, err := os.Open(f.path)
	if err != nil {
		return failedFile(f.path, err)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return failedFile(f.path, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%w: others may read %s; run: chmod 600 %s", ErrKeyFile, f.path, f.path)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return failedFile(f.path, err)
	}
	var keys [][]byte
	for line := range bytes.Lines(text) {
		key, err := hex.DecodeString(string(bytes.TrimSpace(line)))
		if err != nil || len(key) != masterKeySize {
			// The error of the decoder would quote the file.
			return fmt.Errorf("%w: %s is damaged, each line must hold %d hex digits; put a copy of it back", ErrKeyFile, f.path, 2*masterKeySize)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return fmt.Errorf("%w: %s is empty; put a copy of it back", ErrKeyFile, f.path)
	}
	f.ring = newRing(keys...)
	return nil
}

// writeKeys writes a whole file and closes it. It returns when the disk says
// that it has it: nothing must be wrapped with a key that can be gone.
func writeKeys(f *os.File, keys [][]byte) error {
	var text []byte
	for _, k := range keys {
		text = append(hex.AppendEncode(text, k), '\n')
	}
	_, err := f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func newMasterKey() []byte {
	key := make([]byte, masterKeySize)
	_, _ = rand.Read(key) // it never fails
	return key
}

func failedFile(path string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrKeyFile, path, err)
}
