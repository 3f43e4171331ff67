package embedded

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// erasable is a small file that is replaced whole, in which nothing that it
// held before is found again. That is why it is not in Badger, whose tables
// and logs keep what was overwritten until they are compacted. A new file is
// written, the old file's bytes are overwritten in place, and the new one takes
// its name. A crash leaves the old content or the new.
//
// What that guarantees: nothing that reads files finds what was taken out. What
// it does not: a file system that journals data, copies on write (btrfs, ZFS,
// APFS) or takes snapshots, and the controller of a solid-state disk, may
// write the zeros elsewhere and leave the old bytes where only forensics
// looks, until the space is used again. Keep the folder on an encrypted volume
// where that matters. Copies of the folder must leave the file out.
//
// Not safe for concurrent use.
type erasable struct {
	folder, name string
	halfway      bool // the new file is whole, and the old one may not be
}

// errDamaged says that a file does not hold what was written to it.
var errDamaged = errors.New("the file is damaged")

func (e *erasable) path() string  { return filepath.Join(e.folder, e.name) }
func (e *erasable) fresh() string { return e.name + ".new" }

// replace puts data in the place of what the file holds. When it fails, the
// file holds either, also after a crash. A crash leaves one of three states,
// which read tells apart: an unfinished new file; a finished one beside the
// old; a finished one beside zeros.
func (e *erasable) replace(data []byte) error {
	if e.halfway { // the new file may be the only one
		if err := e.promote(); err != nil {
			return err
		}
	}
	// One that was not finished may hold what is taken out now.
	if err := overwrite(e.folder, e.fresh()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	sum := sha256.Sum256(data)
	whole := append(sum[:], data...)
	defer clear(whole)
	if err := writeFile(e.folder, e.fresh(), whole); err != nil {
		return err
	}
	return e.promote()
}

// promote destroys the old file and puts the new one in its place.
func (e *erasable) promote() error {
	e.halfway = true
	if err := overwrite(e.folder, e.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(filepath.Join(e.folder, e.fresh()), e.path()); err != nil {
		return err
	}
	e.halfway = false // whether the folder remembers it or not: to go on would destroy the new one
	return syncFolder(e.folder)
}

// read returns what the file holds, after finishing a replacement that was
// interrupted. It is fs.ErrNotExist when there is none, errDamaged when it
// holds something else.
func (e *erasable) read() ([]byte, error) {
	fresh := filepath.Join(e.folder, e.fresh())
	_, err := readSummed(fresh)
	switch {
	case err == nil:
		err = e.promote()
	case errors.Is(err, errDamaged):
		err = errors.Join(overwrite(e.folder, e.fresh()), os.Remove(fresh))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return readSummed(e.path())
}

// readSummed returns what follows a hash of it in a file.
func readSummed(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) < sha256.Size || sha256.Sum256(data[sha256.Size:]) != [sha256.Size]byte(data) {
		return nil, errDamaged
	}
	return data[sha256.Size:], nil
}
