package embedded

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Why Open may fail. The text around each says what to do.
var (
	ErrInUse    = errors.New("the data folder is in use")
	ErrNoKey    = errors.New("the key of the data folder cannot be used")
	ErrWrongKey = errors.New("the key does not fit the data")
)

// keySize makes Badger use AES-256.
const keySize = 32

func keyPath(folder string) string { return filepath.Join(folder, "key") }

// folderKey returns the key that the data in tree is encrypted with. It makes
// one only when there is no data yet: a new key for old data would hide that
// the old key is missing.
func folderKey(folder, tree string) ([]byte, error) {
	path := keyPath(folder)
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if hasData(tree) {
		return nil, fmt.Errorf("%w: %s is missing, and without it the data in %s cannot be read; put it back, or choose another folder with --data", ErrNoKey, path, tree)
	}
	return newKey(folder)
}

// hasData reports whether there is something in tree.
func hasData(tree string) bool {
	_, err := os.Stat(filepath.Join(tree, "MANIFEST"))
	return err == nil
}

// readKey reads a key. When there is none, fs.ErrNotExist is in the chain.
func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	if !private(path) {
		return nil, fmt.Errorf("%w: others may read %s; run: chmod 600 %s", ErrNoKey, path, path)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keySize {
		// The error of the decoder would quote the file.
		return nil, fmt.Errorf("%w: %s is damaged, it must hold %d hex digits; put a copy of it back, or choose another folder with --data", ErrNoKey, path, 2*keySize)
	}
	return key, nil
}

func newKey(folder string) ([]byte, error) {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	if err := writeFile(folder, "key.new", []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return nil, fmt.Errorf("write the key: %w", err)
	}
	// Data must not be written before its key is where it will be found again.
	if err := rename(folder, "key.new", "key"); err != nil {
		return nil, fmt.Errorf("write the key: %w", err)
	}
	return key, nil
}

func inUse(folder string) error {
	return fmt.Errorf("%w: another process works on %s; stop it, or choose another folder with --data", ErrInUse, folder)
}
