package embedded

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// Space returns how many bytes the data folder's files have, and how many more
// can be written there. In memory both are zero.
func (d *Disk) Space() (used, free uint64, err error) {
	if d.space.free == nil {
		return 0, 0, nil
	}
	err = filepath.WalkDir(d.options.Folder, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return unlessGone(err)
		}
		info, err := e.Info()
		if err == nil {
			used += uint64(info.Size())
		}
		return unlessGone(err)
	})
	if err != nil {
		return 0, 0, err
	}
	free, err = d.space.free()
	return used, free, err
}

// unlessGone is err, unless that is that a file has gone meanwhile: Badger
// replaces its files all the time.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
